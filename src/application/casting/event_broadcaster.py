"""Puts the events of every run into the log, and gives them to watchers and listeners."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from application.casting.event_dispatch import EventDispatch, Write
from application.casting.event_pipe import EventPipe
from application.casting.run_sink import RunSink
from application.upkeep.storage_guard import StorageGuard
from domain.errors import AgentcastError, StorageFull
from domain.events import AgentEvent, EventListener, Origin
from domain.ids import SessionId
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.event_log import EncodedEvent, EventLog
from ports.id_source import IdSource
from ports.meter import Meter

T = TypeVar("T")


class EventBroadcaster:
    """A run waits for the log when the log is behind, for a watcher never, and for a listener only
    if that asks for it.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        codec: EventCodec,
        dispatch: EventDispatch,
        storage: StorageGuard,
        clock: Clock,
        ids: IdSource,
        meter: Meter,
    ) -> None:
        self._log = log
        self._codec = codec
        self._dispatch = dispatch
        self.storage = storage
        self._clock = clock
        self._ids = ids
        self._meter = meter
        self._sinks: set[RunSink] = set()
        self._group: asyncio.TaskGroup | None = None
        self._outside: set[asyncio.Task[object]] = set()
        storage.before_spending(self._give_up)

    def add_listener(self, listener: EventListener) -> None:
        self._dispatch.add(listener)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Leaving waits until everything that was accepted is in the log."""
        async with self._dispatch.opened(), asyncio.TaskGroup() as group:
            self._group = group
            yield
            if self._outside:
                await asyncio.wait(self._outside)
            for sink in self._sinks:
                sink.finish()

    @asynccontextmanager
    async def sink(self, origin: Origin) -> AsyncIterator[RunSink]:
        """For the events of one run, which holds the lease of its origin.

        Leaving waits until everything that was accepted is in the log, and raises the failure of
        the sink unless something else is raised within.
        """
        sink = RunSink(
            origin,
            new_pipe=self._new_pipe,
            encode=self.encode,
            log=self._log,
            codec=self._codec,
            storage=self.storage,
            meter=self._meter,
        )
        self._sinks.add(sink)
        try:
            yield sink
        except BaseException:
            with suppress(AgentcastError):
                await sink.close()
            raise
        else:
            await sink.close()
        finally:
            self._sinks.discard(sink)

    def writing(self, session_id: SessionId) -> Write:
        """To be entered around a write to the log of a session from outside of a run."""
        return self._dispatch.writing(session_id)

    async def shielded(self, writing: Coroutine[None, None, T]) -> T:
        """Await such a write, which is finished even if the caller is cancelled."""
        task = asyncio.ensure_future(writing)
        self._outside.add(task)
        task.add_done_callback(self._outside.discard)
        return await asyncio.shield(task)

    def release_runs(self) -> None:
        """No listener holds a run from now on."""
        self._dispatch.release_runs()

    def encode(self, event: AgentEvent, origin: Origin) -> EncodedEvent:
        return self._codec.encode(event, origin, at=self._clock.now(), tag=self._ids.tag())

    async def _give_up(self, failure: StorageFull) -> None:
        for sink in self._sinks:
            sink.give_up(failure)

    def _new_pipe(self, origin: Origin) -> EventPipe:
        assert self._group is not None
        pipe = EventPipe(
            origin,
            log=self._log,
            dispatch=self._dispatch,
            storage=self.storage,
            clock=self._clock,
            meter=self._meter,
        )
        self._group.create_task(pipe.pump())
        return pipe
