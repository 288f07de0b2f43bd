"""`agentcast doctor`: what this machine has and lacks, and what to do about it."""

import asyncio

from adapters.process.linux_process_host import LinuxProcessHost
from entrypoints.choices import default_agent, model_kind, openai_model, profiles
from entrypoints.cli.chosen_settings import Config, DataDir, chosen_settings
from entrypoints.cli.finding import Finding, tell
from entrypoints.cli.machine import (
    data_dir_finding,
    python_finding,
    sandbox_finding,
    user_finding,
)
from entrypoints.cli.output import process_output
from entrypoints.cli.store_findings import store_findings
from entrypoints.settings import Settings, SettingsError


def doctor(*, data_dir: DataDir = None, config: Config = None) -> int:
    """Check what this machine has and lacks; exit with 1 when something keeps it from working."""
    settings = chosen_settings(config=config, data_dir=data_dir)
    return tell(asyncio.run(_findings(settings)), process_output())


async def _findings(settings: Settings) -> list[Finding]:
    return [
        python_finding(),
        data_dir_finding(settings.data_dir),
        *await store_findings(settings),
        await sandbox_finding(LinuxProcessHost()),
        user_finding(),
        _model_finding(settings),
        _agents_finding(settings),
    ]


def _model_finding(settings: Settings) -> Finding:
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


def _agents_finding(settings: Settings) -> Finding:
    known = profiles(settings)
    try:
        default = default_agent(settings, known)
    except SettingsError as error:
        return Finding(verdict="fail", subject="agents", text=str(error))
    names = sorted(profile.name for profile in known)
    return Finding(verdict="ok", subject="agents", text=f"{', '.join(names)}; default {default}")
