"""Publishes the commits of this process: to watchers, to other processes and to listeners."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Self

from application.casting.commit_notifier import CommitNotifier
from application.casting.commit_order import Commit, CommitOrder
from application.casting.listener_feed import ListenerFeed
from domain.events import EventListener, Origin
from domain.ids import SessionId
from ports.event_codec import EventCodec
from ports.event_log import EventLog, StoredEvent
from ports.meter import Meter

log = logging.getLogger(__name__)

LAST_S = 2.0
"""How long the end of the process waits for listeners."""


class EventDispatch:
    """Calls each listener once for each event written here, in the order of its session."""

    def __init__(
        self,
        *,
        notifier: CommitNotifier,
        log: EventLog,
        codec: EventCodec,
        meter: Meter,
        listeners: Sequence[EventListener] = (),
    ) -> None:
        self._notifier = notifier
        self._log = log
        self._codec = codec
        self._meter = meter
        self._order = CommitOrder(self._pass_on)
        self._feeds: list[ListenerFeed] = []
        self._group: asyncio.TaskGroup | None = None
        self._running: list[asyncio.Task[None]] = []
        for listener in listeners:
            self.add(listener)

    @property
    def backlog(self) -> int:
        """How many events wait for listeners, in all."""
        return sum(feed.backlog for feed in self._feeds)

    def add(self, listener: EventListener) -> None:
        """Call it with what is written from now on."""
        feed = ListenerFeed(listener, log=self._log, codec=self._codec, meter=self._meter)
        self._feeds.append(feed)
        if self._group is not None:
            self._running.append(self._group.create_task(feed.run()))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Leaving waits a moment for listeners that are behind, and logs how much they miss."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._running = [group.create_task(feed.run()) for feed in self._feeds]
            try:
                yield
            finally:
                await self._all_done()
                for running in self._running:
                    running.cancel()

    async def caught_up(self) -> None:
        """Wait until the listeners were called with all that is stored."""
        for feed in self._feeds:
            await feed.is_done()

    def writing(self, session_id: SessionId) -> "Write":
        """Enter it around a write to a session's log."""
        return Write(self, self._order.begin(session_id) if self._feeds else None)

    def release_runs(self) -> None:
        """No run waits for a listener from now on."""
        for feed in self._feeds:
            feed.release_runs()

    def publish(self, origin: Origin, stored: Sequence[StoredEvent]) -> None:
        self._notifier.events_stored(origin.session_key, stored)

    def end(self, commit: Commit) -> None:
        self._order.end(commit)

    async def taken(self, commit: Commit) -> None:
        """Wait until the awaited listeners were called with what was written."""
        awaited = [feed for feed in self._feeds if feed.is_awaited]
        if not awaited or commit.origin is None:
            return
        await commit.passed_on.wait()
        for feed in awaited:
            await feed.has_taken(commit.origin.session_key, commit.stored[-1].seq)

    def _pass_on(self, origin: Origin, stored: Sequence[StoredEvent]) -> None:
        for feed in self._feeds:
            feed.add(origin, stored)

    async def _all_done(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                await self.caught_up()
        for feed in self._feeds:
            if feed.backlog:
                log.warning("listener %s has missed the last %d events", feed.name, feed.backlog)


class Write:
    """A write to one session's log that is under way; it publishes before it is left."""

    __slots__ = ("_commit", "_dispatch")

    def __init__(self, dispatch: EventDispatch, commit: Commit | None) -> None:
        self._dispatch = dispatch
        self._commit = commit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._commit is not None:
            self._dispatch.end(self._commit)

    def publish(self, origin: Origin, stored: Sequence[StoredEvent]) -> None:
        """Call it right after the commit, once."""
        if self._commit is not None and stored:
            self._commit.origin, self._commit.stored = origin, stored
        self._dispatch.publish(origin, stored)

    async def taken(self) -> None:
        """Call it after leaving: waits until awaited listeners were called with what it wrote."""
        if self._commit is not None:
            await self._dispatch.taken(self._commit)
