"""The choices that settings leave to the container."""

import resource
import sys
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Literal

from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from adapters.system.clock import SystemClock
from adapters.workspace.folder_check import FolderCheck
from application.programs.outcome_rules import check_rules_of
from application.running.profile_check import check_profile
from application.upkeep.retention import RetentionPolicy
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.ids import AgentName
from entrypoints.agent_settings import profiles_of
from entrypoints.ready_made_agents import READY_MADE
from entrypoints.settings import Settings, SettingsError
from entrypoints.settings_file import near_name
from entrypoints.workspace_settings import folder_check

StoreKind = Literal["sqlite", "postgres", "memory"]

PROGRAM_KINDS = ("shell", "command", "claude-code", "codex", "gemini")
"""Of agents that are processes, whose output is read."""


def store_kind(settings: Settings) -> StoreKind:
    """By the scheme of the database's URL."""
    scheme = settings.store_url.partition(":")[0].partition("+")[0]
    match scheme:
        case "sqlite":
            return "sqlite"
        case "postgresql" | "postgres":
            return "postgres"
        case "memory":
            return "memory"
        case _:
            raise SettingsError(
                f"AGENTCAST_DATABASE_URL: {scheme!r} is no database for Agentcast; "
                "use sqlite:///path or postgresql://…"
            )


def retention_policy(settings: Settings) -> RetentionPolicy:
    days = settings.retention_days
    return RetentionPolicy(
        kept_for=None if days is None else timedelta(days=days),
        max_bytes=settings.data_max_bytes,
    )


def output_max_bytes(settings: Settings) -> int | None:
    return settings.output_max_bytes or None


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


def most_streams(settings: Settings) -> int:
    """Room is left for what is no stream: requests, the store, the processes of agents."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        descriptors = sys.maxsize
    return settings.max_streams or max(1, descriptors * 4 // 5)


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
