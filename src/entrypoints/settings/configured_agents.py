"""The agents of the settings, checked as far as that can be done before they run."""

from collections.abc import Collection, Sequence

from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from adapters.system.clock import SystemClock
from adapters.workspace.folder_check import FolderCheck
from application.programs.outcome_rules import check_rules_of
from application.running.profile_check import check_profile
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.ids import AgentName
from entrypoints.settings.agent_settings import profiles_of
from entrypoints.settings.data_directory import folder_check
from entrypoints.settings.ready_made_agents import READY_MADE
from entrypoints.settings.settings import Settings, SettingsError
from entrypoints.settings.settings_file import near_name

PROGRAM_KINDS = ("shell", "command", "claude-code", "codex", "gemini")
"""The kinds of agents that are programs whose output is parsed."""


def parser_names() -> Collection[str]:
    """`lines` is plain text."""
    return ("lines", *CliOutputParsers(SystemClock()).names)


def profiles(settings: Settings, kinds: Collection[str]) -> Sequence[AgentProfile]:
    """Raises SettingsError for a configured agent that nothing here can run."""
    found = profiles_of(settings.agents)
    for profile in found:
        if profile.source == "config":
            _check(profile, kinds, folder_check(settings))
    return [profile for profile in found if profile.kind in kinds]


def default_agent(settings: Settings, known: Sequence[AgentProfile]) -> AgentName:
    names = sorted(profile.name for profile in known)
    if settings.default_agent not in names:
        raise SettingsError(
            f"AGENTCAST_DEFAULT_AGENT: there is no agent {settings.default_agent!r}; "
            f"known: {', '.join(names)}"
        )
    return AgentName(settings.default_agent)


def _check(profile: AgentProfile, kinds: Collection[str], folders: FolderCheck) -> None:
    where = f"agents.{profile.name}"
    if profile.kind not in kinds:
        raise SettingsError(
            f"{where}.kind: there is no kind {profile.kind!r}"
            f"{near_name(profile.kind, kinds)}; known: {', '.join(sorted(kinds))}"
        )
    try:
        check_profile(profile, kinds=kinds, parsers=parser_names())
        check_rules_of(profile, RegexPatternMatcher())
        if profile.workspace is not None:
            folders.real(profile.workspace)
    except InvalidInput as error:
        is_unknown = error.field == "argv" and not profile.argv
        meant = near_name(profile.name, READY_MADE) if is_unknown else ""
        raise SettingsError(f"{where}.{error.field}: {error}{meant}") from error
