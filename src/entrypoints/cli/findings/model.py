"""Which language model the agents would ask, and what made it that one."""

from entrypoints.cli.findings.finding import Finding
from entrypoints.settings.chosen_model import model_choice, model_name, require_model
from entrypoints.settings.settings import Settings, SettingsError


def model_finding(settings: Settings) -> Finding:
    kind, by = model_choice(settings)
    if kind == "scripted":
        why = f"by {by}" if by else "set OPENAI_API_KEY or ANTHROPIC_API_KEY"
        text = f"scripted, which is no language model: {why}"
        return Finding(verdict="ok" if by else "warn", subject="model", text=text)
    openai = kind == "openai"
    base_url = settings.openai_base_url if openai else settings.anthropic_base_url
    where = f" at {base_url}" if base_url else ""
    text = f"{kind}{where}, model {model_name(settings)}, by {by}"
    try:
        require_model(settings)
    except SettingsError as error:
        return Finding(verdict="fail", subject="model", text=f"{text}: {error}")
    return Finding(verdict="ok", subject="model", text=text)
