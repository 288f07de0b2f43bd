"""Puts every event into the log, and gives it to those who want it once it is committed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from application.casting.event_dispatch import EventDispatch, Write
from application.casting.event_pipe import EventPipe, OnFailure
from application.upkeep.storage_guard import StorageGuard
from domain.errors import AgentcastError, StorageFull
from domain.events import AgentEvent, EventListener, Origin
from domain.extraction import Captured, in_short
from domain.ids import LeaseId, SessionId, TaskId
from domain.process_events import Extraction
from domain.task_change import change_of
from domain.task_events import FinalEvent, TaskFailed
from domain.terminal_text import plain_text
from domain.usage import Usage
from ports.clock import Clock
from ports.event_codec import EventCodec
from ports.event_log import EncodedEvent, EventLog
from ports.id_source import IdSource
from ports.meter import Meter

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOGGED_CHARS = 200
"""Of the error of a failed task; all of it is in its event."""
_READ_EVENTS = 500


class EventBroadcaster:
    """The EventListener of every run: it waits for the log when the log is behind, for a watcher
    never, and for another listener only if that asks for it.
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
        self._pipes: dict[tuple[TaskId, LeaseId], EventPipe] = {}
        self._group: asyncio.TaskGroup | None = None
        self._on_failure: list[OnFailure] = []
        self._outside: set[asyncio.Task[object]] = set()
        storage.before_spending(self._give_up)

    def add_listener(self, listener: EventListener) -> None:
        self._dispatch.add(listener)

    def add_failure_listener(self, on_failure: OnFailure) -> None:
        """ToolOutcome at once when the events of a run can no longer be stored."""
        self._on_failure.append(on_failure)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Leaving waits until everything that was accepted is in the log."""
        async with self._dispatch.opened(), asyncio.TaskGroup() as group:
            self._group = group
            yield
            if self._outside:
                await asyncio.wait(self._outside)
            for pipe in self._pipes.values():
                pipe.close()

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        """Accept one event of a run; a final one returns when it is in the log."""
        if isinstance(event, FinalEvent):
            pipe = self._pipe(origin)
            usage, found = pipe.usage, await self._found(origin, pipe)
            return await self.storage.last_word(lambda: self._end(event, origin, usage, found))
        pipe = self._pipe(origin)
        pipe.add(event, self.encode(event, origin), change_of(event, None))
        if pipe.is_full:
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

    def writing(self, session_id: SessionId) -> Write:
        """To be entered around a write to a session's log from outside of a run."""
        return self._dispatch.writing(session_id)

    async def to_its_end(self, writing: Coroutine[None, None, T]) -> T:
        """Await such a write, which goes on when whoever asked for it has left meanwhile."""
        task = asyncio.ensure_future(writing)
        self._outside.add(task)
        task.add_done_callback(self._outside.discard)
        return await asyncio.shield(task)

    def let_go(self) -> None:
        """No listener holds a run from now on."""
        self._dispatch.let_go()

    def encode(self, event: AgentEvent, origin: Origin) -> EncodedEvent:
        return self._codec.encode(event, origin, at=self._clock.now(), tag=self._ids.tag())

    async def _found(self, origin: Origin, pipe: EventPipe) -> Mapping[str, Captured] | None:
        """What each rule of the task found last, in all of its runs."""
        found: dict[str, Captured] = {}
        after = origin.first_seq
        while origin.has_earlier_runs and (
            events := await self._log.find(
                origin.session_key,
                event_types=("extraction",),
                after=after,
                limit=_READ_EVENTS,
            )
        ):
            after = events[-1].seq
            for stored in events:
                if stored.task_id == origin.task_id and stored.body:
                    event = self._codec.decode(stored)
                    if isinstance(event, Extraction):
                        found[event.rule] = event.value
        return in_short(found | pipe.found)

    async def _end(
        self,
        event: FinalEvent,
        origin: Origin,
        usage: Usage | None,
        found: Mapping[str, Captured] | None,
    ) -> None:
        pipe = self._pipe(origin)
        if isinstance(pipe.failure, StorageFull):
            pipe = self._new_pipe(origin)  # room may have been made for this last word
        pipe.add(event, self.encode(event, origin), change_of(event, usage, found))
        await self.finish(origin)
        if isinstance(event, TaskFailed):
            log.info("task %s of %s failed (%s): %s", *_failure(event, origin))

    async def _give_up(self, failure: StorageFull) -> None:
        for pipe in self._pipes.values():
            pipe.give_up(failure)

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
            dispatch=self._dispatch,
            clock=self._clock,
            meter=self._meter,
            on_failure=self._failed,
        )
        self._pipes[origin.task_id, origin.lease_id] = pipe
        self._group.create_task(pipe.pump())
        return pipe


def _failure(event: TaskFailed, origin: Origin) -> tuple[str, str, str, str]:
    """Secrets of the agent are masked in its events already."""
    error = plain_text(" ".join(event.error.split()))
    is_long = len(error) > _LOGGED_CHARS
    shown = f"{error[:_LOGGED_CHARS]}…" if is_long else error
    return origin.task_id, origin.agent, event.reason, shown
