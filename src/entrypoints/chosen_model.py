"""The language model that the settings choose, and what the models of a provider cost."""

from functools import cache, partial

from adapters.llm.anthropic_model import ANTHROPIC_URL, AnthropicModel
from adapters.llm.loaded_price_list import LoadedPriceList
from adapters.llm.openai_model import OPENAI_URL, OpenAIModel
from adapters.llm.scripted_model import ScriptedModel
from adapters.llm.served_model import Deadlines
from entrypoints.model_choice import model_kind, model_name
from entrypoints.settings import Settings
from ports.language_model import LanguageModel
from ports.price_list import PriceList


def chosen_model(settings: Settings) -> LanguageModel:
    match model_kind(settings):
        case "openai":
            return _openai(settings)
        case "anthropic":
            return _anthropic(settings)
        case "scripted":
            return ScriptedModel()


def _openai(settings: Settings) -> LanguageModel:
    base_url = settings.openai_base_url or OPENAI_URL
    return OpenAIModel(
        api_key=settings.openai_api_key or "",
        base_url=base_url,
        model=model_name(settings),
        api=settings.openai_api,
        effort=settings.llm_reasoning,
        deadlines=_deadlines(settings),
        prices=prices_of(settings.llm_priced_as, server_url=base_url),
    )


def _anthropic(settings: Settings) -> LanguageModel:
    base_url = settings.anthropic_base_url or ANTHROPIC_URL
    return AnthropicModel(
        api_key=settings.anthropic_api_key or "",
        base_url=base_url,
        model=model_name(settings),
        max_tokens=settings.anthropic_max_tokens,
        effort=settings.llm_reasoning,
        deadlines=_deadlines(settings),
        prices=prices_of(settings.llm_priced_as, server_url=base_url),
    )


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(
        connect_s=settings.llm_connect_s,
        first_token_s=settings.llm_first_token_s,
        idle_s=settings.llm_idle_s,
    )


@cache
def prices_of(provider: str | None, *, server_url: str = "") -> PriceList:
    """The same for the same provider: its table is loaded once, in a thread of its own."""
    return LoadedPriceList(partial(_loaded, provider, server_url))


def _loaded(provider: str | None, server_url: str) -> PriceList:
    # The table is a fifth of a second of imports, which the offline model does not need.
    from adapters.llm.genai_price_list import GenaiPriceList

    return GenaiPriceList(provider=provider, server_url=server_url)
