"""Which language model the settings choose, and what the models of a provider cost."""

from functools import cache, partial
from typing import Literal

from adapters.llm.anthropic_model import ANTHROPIC_URL, AnthropicModel
from adapters.llm.loaded_price_list import LoadedPriceList
from adapters.llm.openai_model import OPENAI_URL, OpenAIModel
from adapters.llm.scripted_model import ScriptedModel
from adapters.llm.served_model import Deadlines
from entrypoints.settings.settings import Settings, SettingsError
from ports.language_model import LanguageModel
from ports.price_list import PriceList

ModelKind = Literal["openai", "anthropic", "scripted"]

_DEFAULT_MODELS: dict[ModelKind, str] = {
    "openai": "gpt-4o",
    "anthropic": "claude-sonnet-5",
    "scripted": "scripted",
}


def model_kind(settings: Settings) -> ModelKind:
    return model_choice(settings)[0]


def model_choice(settings: Settings) -> tuple[ModelKind, str | None]:
    """The chosen provider, else that of the first key or server that is set, else the offline model.

    With the variable that decided it; None if none did.
    """
    if settings.llm_provider:
        return settings.llm_provider, "AGENTCAST_LLM_PROVIDER"
    if settings.openai_api_key:
        return "openai", "OPENAI_API_KEY"
    if settings.anthropic_api_key:
        return "anthropic", "ANTHROPIC_API_KEY"
    if settings.openai_base_url:
        return "openai", "OPENAI_BASE_URL"
    return "scripted", None


def model_name(settings: Settings) -> str:
    return settings.llm_model or _DEFAULT_MODELS[model_kind(settings)]


def require_model(settings: Settings) -> None:
    """Raises SettingsError if the chosen provider has neither a key nor a server."""
    kind, _ = model_choice(settings)
    key, url = {
        "openai": (settings.openai_api_key, settings.openai_base_url),
        "anthropic": (settings.anthropic_api_key, settings.anthropic_base_url),
        "scripted": ("none", None),
    }[kind]
    if not key and not url:
        name = kind.upper()
        raise SettingsError(
            f"{name}_API_KEY: AGENTCAST_LLM_PROVIDER={kind} needs it, or {name}_BASE_URL for a "
            "server that asks for no key"
        )


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
