"""What `doctor` finds of agents and of the language model."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from application.serving.agents import missing_program
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from entrypoints.cli.findings.finding import Finding
from entrypoints.settings.chosen_model import model_choice, model_name, require_model
from entrypoints.settings.configured_agents import default_agent, profiles
from entrypoints.settings.ready_made_agents import INSTALL
from entrypoints.settings.settings import Settings, SettingsError
from ports.program_finder import ProgramFinder

_SUBJECT = "agents"


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


def agent_findings(
    settings: Settings, *, kinds: Collection[str], programs: ProgramFinder
) -> list[Finding]:
    """A missing program is a warning only for an agent that is configured."""
    try:
        known = profiles(settings, kinds=kinds)
        default = default_agent(settings, known)
    except SettingsError as error:
        return [Finding(verdict="fail", subject=_SUBJECT, text=str(error))]
    missing = {profile.name: missing_program(profile, programs) for profile in known}
    ready = sorted(name for name, program in missing.items() if program is None)
    text = f"{', '.join(ready)}; default {default}"
    return [Finding(verdict="ok", subject=_SUBJECT, text=text), *_missing_findings(known, missing)]


def _missing_findings(
    known: Iterable[AgentProfile], missing: Mapping[AgentName, str | None]
) -> Sequence[Finding]:
    """One finding for each missing program, with the agents that need it."""
    needed: dict[str, list[AgentProfile]] = {}
    for profile in known:
        if program := missing[profile.name]:
            needed.setdefault(program, []).append(profile)
    return [_missing_finding(program, needed[program]) for program in sorted(needed)]


def _missing_finding(program: str, agents: Sequence[AgentProfile]) -> Finding:
    is_configured = any(agent.source == "config" for agent in agents)
    names = ", ".join(sorted(agent.name for agent in agents))
    how = f": {INSTALL[program]}" if program in INSTALL else ""
    return Finding(
        verdict="warn" if is_configured else "ok",
        subject=_SUBJECT,
        text=f"{names} would need {program}, which is not on the PATH{how}",
    )
