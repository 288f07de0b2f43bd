"""Puts every event into the log, and shows it to the watchers once it is committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.event_pipe import EventPipe, OnFailure
from application.tails import Tails
from domain.errors import AgentcastError, StorageFull
from domain.events import AgentEvent, Origin
from domain.ids import LeaseId, TaskId
from domain.task_change import change_of
from domain.task_events import FinalEvent
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.event_log import EncodedEvent, EventLog
from ports.id_source import IdSource
from ports.meter import Meter
from ports.wakeups import Wakeups


class EventBroadcaster:
    """An EventListener; it waits for the log when the log is behind, for a watcher never."""

    def __init__(
        self,
        *,
        log: EventLog,
        codec: EventCodec,
        tails: Tails,
        wakeups: Wakeups,
        clock: Clock,
        ids: IdSource,
        meter: Meter,
    ) -> None:
        self._log = log
        self._codec = codec
        self._tails = tails
        self._wakeups = wakeups
        self._clock = clock
        self._ids = ids
        self._meter = meter
        self._pipes: dict[tuple[TaskId, LeaseId], EventPipe] = {}
        self._group: asyncio.TaskGroup | None = None
        self._on_failure: list[OnFailure] = []

    def add_failure_listener(self, on_failure: OnFailure) -> None:
        """Told at once when the events of a run can no longer be stored."""
        self._on_failure.append(on_failure)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Leaving waits until everything that was accepted is in the log."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            yield
            for pipe in self._pipes.values():
                pipe.close()

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        """Accept one event of a run; a final one returns when it is in the log."""
        pipe = self._pipe(origin)
        if isinstance(event, FinalEvent) and isinstance(pipe.failure, StorageFull):
            pipe = self._new_pipe(origin)  # room may have been made for this last word
        is_final = isinstance(event, FinalEvent)
        change = change_of(event, pipe.usage if is_final else None)
        pipe.add(event, self.encode(event, origin), change)
        if is_final:
            await self.finish(origin)
        elif pipe.is_full:
            await pipe.room()

    async def recorded(self, origin: Origin) -> None:
        """Wait until what was accepted of this run so far is in the log."""
        assert origin.lease_id is not None
        if pipe := self._pipes.get((origin.task_id, origin.lease_id)):
            await pipe.stored()

    async def finish(self, origin: Origin) -> None:
        """Wait until everything of this run is in the log, and forget the run."""
        assert origin.lease_id is not None
        if pipe := self._pipes.pop((origin.task_id, origin.lease_id), None):
            pipe.close()
            await pipe.flushed()

    def encode(self, event: AgentEvent, origin: Origin) -> EncodedEvent:
        return self._codec.encode(event, origin, at=self._clock.now(), tag=self._ids.tag())

    def _failed(self, origin: Origin, failure: AgentcastError) -> None:
        for on_failure in self._on_failure:
            on_failure(origin, failure)

    def _pipe(self, origin: Origin) -> EventPipe:
        assert origin.lease_id is not None
        return self._pipes.get((origin.task_id, origin.lease_id)) or self._new_pipe(origin)

    def _new_pipe(self, origin: Origin) -> EventPipe:
        assert origin.lease_id is not None and self._group is not None
        pipe = EventPipe(
            origin,
            log=self._log,
            tails=self._tails,
            wakeups=self._wakeups,
            clock=self._clock,
            meter=self._meter,
            on_failure=self._failed,
        )
        self._pipes[origin.task_id, origin.lease_id] = pipe
        self._group.create_task(pipe.pump())
        return pipe
