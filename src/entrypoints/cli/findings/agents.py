"""Which agents there are, and which of their programs this machine lacks."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from application.serving.agents import missing_program
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from entrypoints.cli.findings.finding import Finding
from entrypoints.settings.configured_agents import default_agent, profiles
from entrypoints.settings.ready_made_agents import INSTALL
from entrypoints.settings.settings import Settings, SettingsError
from ports.program_finder import ProgramFinder

_SUBJECT = "agents"


def agent_findings(
    settings: Settings, *, kinds: Collection[str], programs: ProgramFinder
) -> list[Finding]:
    """A program that nobody asked for may be missing; one of a configured agent should not."""
    try:
        known = profiles(settings, kinds=kinds)
        default = default_agent(settings, known)
    except SettingsError as error:
        return [Finding(verdict="fail", subject=_SUBJECT, text=str(error))]
    missing = {profile.name: missing_program(profile, programs) for profile in known}
    ready = sorted(name for name, program in missing.items() if program is None)
    text = f"{', '.join(ready)}; default {default}"
    return [Finding(verdict="ok", subject=_SUBJECT, text=text), *_lacks(known, missing)]


def _lacks(
    known: Iterable[AgentProfile], missing: Mapping[AgentName, str | None]
) -> Sequence[Finding]:
    """One for each program, with the agents that need it."""
    needed: dict[str, list[AgentProfile]] = {}
    for profile in known:
        if program := missing[profile.name]:
            needed.setdefault(program, []).append(profile)
    return [_lack(program, needed[program]) for program in sorted(needed)]


def _lack(program: str, agents: Sequence[AgentProfile]) -> Finding:
    is_configured = any(agent.source == "config" for agent in agents)
    names = ", ".join(sorted(agent.name for agent in agents))
    how = f": {INSTALL[program]}" if program in INSTALL else ""
    return Finding(
        verdict="warn" if is_configured else "ok",
        subject=_SUBJECT,
        text=f"{names} would need {program}, which is not on the PATH{how}",
    )
