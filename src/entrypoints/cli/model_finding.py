"""Which language model the agents would ask, and what made it that one."""

from entrypoints.choices import model_kind, openai_model
from entrypoints.cli.finding import Finding
from entrypoints.settings import Settings


def model_finding(settings: Settings) -> Finding:
    if model_kind(settings) == "scripted":
        chosen = settings.llm_provider == "scripted"
        why = "by AGENTCAST_LLM_PROVIDER" if chosen else "set OPENAI_API_KEY for a real one"
        text = f"scripted, which is no language model: {why}"
        return Finding(verdict="ok" if chosen else "warn", subject="model", text=text)
    if settings.llm_provider:
        by = "AGENTCAST_LLM_PROVIDER"
    else:
        by = "OPENAI_API_KEY" if settings.openai_api_key else "OPENAI_BASE_URL"
    where = f" at {settings.openai_base_url}" if settings.openai_base_url else ""
    text = f"openai{where}, model {openai_model(settings)}, by {by}"
    return Finding(verdict="ok", subject="model", text=text)
