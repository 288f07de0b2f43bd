"""Which kind of language model the settings choose, and what made it that one."""

from typing import Literal

from entrypoints.settings import Settings, SettingsError

ModelKind = Literal["openai", "anthropic", "scripted"]

_DEFAULT_MODELS: dict[ModelKind, str] = {
    "openai": "gpt-4o",
    "anthropic": "claude-sonnet-5",
    "scripted": "scripted",
}


def model_kind(settings: Settings) -> ModelKind:
    return model_choice(settings)[0]


def model_choice(settings: Settings) -> tuple[ModelKind, str | None]:
    """What is asked for, else by the first key or server that is there, else the offline model.

    With the variable that decided it; None if nothing was said.
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
    """Raises SettingsError if the provider that is asked for could only refuse."""
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
