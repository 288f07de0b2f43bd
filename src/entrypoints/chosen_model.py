"""The language model that the settings choose."""

from adapters.llm.openai_model import OpenAIModel
from adapters.llm.scripted_model import ScriptedModel
from entrypoints.choices import model_kind, openai_key, openai_model
from entrypoints.settings import Settings
from ports.language_model import LanguageModel


def chosen_model(settings: Settings) -> LanguageModel:
    match model_kind(settings):
        case "openai":
            return OpenAIModel(
                api_key=openai_key(settings),
                base_url=settings.openai_base_url,
                model=openai_model(settings),
            )
        case "scripted":
            return ScriptedModel()
