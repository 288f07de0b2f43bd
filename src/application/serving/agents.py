"""The agents: listed with the record of their tasks, added and changed by operators."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from application.concurrency.repeat import repeat, survive
from application.concurrency.task_group import background
from application.programs.outcome_rules import check_rules_of
from application.running.profile_check import check_profile
from application.upkeep.storage_guard import StorageGuard
from domain.agent_profile import COMMAND_LINE, AgentProfile
from domain.errors import AgentNotFound, InvalidInput, NotAllowed, StateConflict
from domain.ids import AgentName
from domain.principal import Principal
from ports.agent_catalog import AgentCatalog
from ports.pattern_matcher import PatternMatcher
from ports.profile_store import ProfileStore
from ports.program_finder import ProgramFinder
from ports.task_store import AgentRecord, TaskStore
from ports.workspaces import Workspaces

log = logging.getLogger(__name__)

_LOOK = "looking for changed agents"
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    profile: AgentProfile
    record: AgentRecord = field(default_factory=AgentRecord)
    """Of the caller's tasks."""
    missing: str | None = None
    """The program that it needs and that this machine does not have."""

    @property
    def status(self) -> Literal["idle", "running"]:
        return "running" if self.record.live else "idle"


class Agents:
    def __init__(
        self,
        *,
        store: ProfileStore,
        catalog: AgentCatalog,
        tasks: TaskStore,
        programs: ProgramFinder,
        matcher: PatternMatcher,
        workspaces: Workspaces,
        storage: StorageGuard,
        kinds: Collection[str],
        parsers: Collection[str],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._tasks = tasks
        self._programs = programs
        self._matcher = matcher
        self._workspaces = workspaces
        self._storage = storage
        self._kinds = kinds
        self._parsers = parsers

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Loads the stored agents at once, and what other processes change within a second."""
        await survive(self._catalog.refresh, name=_LOOK)
        following = repeat(_a_moment, self._catalog.refresh, name=_LOOK, at_once=False)
        async with background(following):
            yield

    async def list(self, principal: Principal) -> Sequence[AgentStatus]:
        records = await self._tasks.agent_records(principal)
        return [
            self._status(profile, records.get(profile.name)) for profile in self._catalog.list()
        ]

    async def get(self, principal: Principal, name: AgentName) -> AgentStatus:
        """Raises AgentNotFound."""
        profile = await self._catalog.find(name)
        records = await self._tasks.agent_records(principal, name)
        return self._status(profile, records.get(name))

    def template(self, name: AgentName, kind: str | None) -> AgentProfile:
        """The profile whose values a new one of this name and kind takes for the fields it omits."""
        original = self._catalog.original(name)
        if original is not None and kind in (None, original.kind):
            return original
        made_for_kind = self._catalog.original(AgentName(kind or ""))
        if made_for_kind is not None and made_for_kind.kind == kind:
            return made_for_kind
        return AgentProfile(name=name, kind=kind or "command")

    async def put(self, principal: Principal, profile: AgentProfile) -> bool:
        """Add or change the agent, for every process on the same store; returns whether it is new.

        Tasks that run go on with the profile they started with. Raises NotAllowed, StorageFull,
        LogUnavailable, InvalidInput.
        """
        _require_operator(principal)
        self._storage.check()
        if profile.name == COMMAND_LINE:
            raise InvalidInput("name", "this is the agent of the command agentcast exec")
        check_profile(profile, kinds=self._kinds, parsers=self._parsers)
        check_rules_of(profile, self._matcher)
        await self._workspaces.check(profile)
        is_new = await self._store.put(profile)
        await self._catalog.refresh()
        log.info("agent %s was stored by %s", profile.name, principal.name)
        return is_new and self._catalog.original(profile.name) is None

    async def remove(self, principal: Principal, name: AgentName) -> None:
        """Remove a stored agent; a configured or built-in one of its name is back.

        Raises NotAllowed, AgentNotFound, StateConflict.
        """
        _require_operator(principal)
        was_stored = await self._store.remove(name)
        await self._catalog.refresh()
        if was_stored:
            log.info("agent %s was removed by %s", name, principal.name)
        elif (original := self._catalog.original(name)) is None:
            raise AgentNotFound(f"there is no agent {name!r}")
        else:
            raise StateConflict(_why_it_stays(original))

    def _status(self, profile: AgentProfile, record: AgentRecord | None) -> AgentStatus:
        return AgentStatus(
            profile=profile,
            record=record or AgentRecord(),
            missing=missing_program(profile, self._programs),
        )


async def _a_moment() -> None:
    await asyncio.sleep(_LOOK_EVERY_S)


def _require_operator(principal: Principal) -> None:
    if not principal.is_operator:
        raise NotAllowed("only operators change agents")


def _why_it_stays(profile: AgentProfile) -> str:
    if profile.source == "config":
        return f"the agent {profile.name} is configured in agentcast.toml; remove it there"
    return f"the agent {profile.name} is built in and cannot be removed"


def missing_program(profile: AgentProfile, programs: ProgramFinder) -> str | None:
    """The first program that the agent needs and that is not found; None also if it needs none."""
    needed = (*profile.argv[:1], *profile.setup_argv[:1])
    return next((name for name in needed if not programs.has(name, env=profile.env)), None)
