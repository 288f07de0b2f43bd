"""Removes what is past its retention: deleted sessions, old events, workspaces, outputs, deltas."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from application.concurrency.repeat import repeat
from application.concurrency.task_group import background
from application.upkeep.compaction import Compaction
from application.upkeep.log_trimming import EVER, LogTrimming
from application.upkeep.storage_guard import StorageGuard
from ports.clock import Clock
from ports.event_retention import EventRetention, SessionName, SessionUse
from ports.output_archive import OutputArchive
from ports.session_store import SessionStore
from ports.storage import StorageTrouble
from ports.workspace_retention import WorkspaceRetention

log = logging.getLogger(__name__)

_SWEEP_S = 300.0
_CLEAN_UP_S = 10.0
_HURRY_S = 1.0
_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long what has ended is kept, and how much of it."""

    kept_for: timedelta | None = None
    """How long after its end a task's events are kept; None: for ever."""
    max_bytes: int | None = None
    """When logs and workspaces take more, those of what ended first go; None: no limit."""
    compacted_after: timedelta = timedelta(hours=24)
    """How long after the end of a task the pieces of a text can be read that came whole as well."""


class Retention:
    """Several processes may run it at once; with `is_on` off this one does not."""

    def __init__(
        self,
        *,
        policy: RetentionPolicy,
        events: EventRetention,
        workspaces: WorkspaceRetention,
        archive: OutputArchive,
        sessions: SessionStore,
        compaction: Compaction,
        storage: StorageGuard,
        clock: Clock,
        is_on: bool,
    ) -> None:
        self._policy = policy
        self._events = events
        self._workspaces = workspaces
        self._archive = archive
        self._sessions = sessions
        self._compaction = compaction
        self._clock = clock
        self._is_on = is_on
        self._trimming = LogTrimming(events)
        self._is_room_wanted = asyncio.Event()
        self._storage = storage
        storage.add_listener(self._notice_full_disk)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        if not self._is_on:
            yield
            return
        async with background(
            repeat(self._before_cleaning_up, self.clean_up, name="retention"),
            repeat(_before_sweeping, self.sweep, name="retention"),
        ):
            yield

    async def clean_up(self) -> None:
        """Remove what is left of deleted sessions, once their runners have stopped."""
        gone = await self._events.dead_sessions(limit=_AT_ONCE)
        for dead in gone:
            # Files first: on a full disk the rest may need the room that they free.
            await self._remove_workspace(dead.session, when="gone")
            await self._archive.forget(await self._events.tasks_of(dead.session_key))
        for dead in gone:
            # A long log is trimmed in steps first, so that the purge is a short transaction.
            await self._remove(partial(self._trimming.trim_session, dead.session_key))
        await self._remove(self._sessions.purge)

    async def _remove(self, remove: Callable[[], Awaitable[object]]) -> None:
        """On a full disk with the reserve: even the smallest removal needs some room."""
        await self._storage.with_reserve(remove)

    def _notice_full_disk(self, trouble: StorageTrouble) -> None:
        if trouble.kind == "storage_full":
            self._is_room_wanted.set()

    async def _before_cleaning_up(self) -> None:
        """Ten seconds, or one while the disk is full."""
        await asyncio.sleep(_HURRY_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLEAN_UP_S - _HURRY_S):
                await self._is_room_wanted.wait()
        self._is_room_wanted.clear()

    async def sweep(self) -> None:
        """Apply the policy once."""
        now = self._clock.now()
        if self._policy.kept_for is not None:
            events = await self._trimming.trim_before(now - self._policy.kept_for)
            await self._archive.forget_before(now - self._policy.kept_for)
            if events:
                log.info("removed %d events past their retention", events)
        if self._policy.max_bytes is not None:
            await self._shrink(self._policy.max_bytes)
        await self._compaction.compact_before(now - self._policy.compacted_after)

    async def _shrink(self, max_bytes: int) -> None:
        # Measured once: neither database knows at once how much a removal has freed.
        excess = await self._size() - max_bytes
        if excess <= 0:
            return
        excess -= await self._remove_spent_workspaces(excess)
        while excess > 0:
            oldest = await self._events.oldest(ended_before=EVER, limit=1)
            if not oldest:
                log.warning("%d bytes too many are kept, by unfinished tasks or files", excess)
                return
            excess -= await self._trimming.trim_task(oldest[0])
            excess -= await self._archive.forget([oldest[0].task_id])
            excess -= await self._remove_workspace(oldest[0].session, when="spent")

    async def _size(self) -> int:
        files = await self._workspaces.size() + await self._archive.size_bytes()
        return await self._events.size() + files

    async def _remove_spent_workspaces(self, excess: int) -> int:
        """Those of sessions whose events are removed; those of another store's sessions stay."""
        freed = 0
        for session in await self._workspaces.sessions():
            if freed >= excess:
                break
            freed += await self._remove_workspace(session, when="spent")
        return freed

    async def _remove_workspace(self, session: SessionName, *, when: SessionUse) -> int:
        async def is_unused() -> bool:
            return await self._events.use_of(session) == when

        if not await is_unused():
            return 0
        return await self._workspaces.remove(session, is_unused=is_unused)


async def _before_sweeping() -> None:
    await asyncio.sleep(_SWEEP_S)
