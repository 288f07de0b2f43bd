"""The EventSink of a run: encodes its events and puts them into the log."""

import logging
from collections.abc import Callable, Mapping

from application.casting.event_pipe import EventPipe
from application.upkeep.storage_guard import StorageGuard
from domain.errors import AgentcastError, StorageFull
from domain.events import AgentEvent, Origin
from domain.extraction import Captured, shortened
from domain.process_events import Extraction
from domain.task_change import TaskChange, change_of
from domain.task_events import FinalEvent, TaskFailed
from domain.terminal_text import plain_text
from domain.usage import Usage
from ports.event_codec import EventCodec
from ports.event_log import EncodedEvent, EventLog
from ports.meter import Meter

log = logging.getLogger(__name__)

_LOGGED_CHARS = 200
"""Of the error of a failed task; all of it is in its event."""
_READ_EVENTS = 500


class RunSink:
    """To be closed when the run has ended, with or without a final event."""

    def __init__(
        self,
        origin: Origin,
        *,
        new_pipe: Callable[[Origin], EventPipe],
        encode: Callable[[AgentEvent, Origin], EncodedEvent],
        log: EventLog,
        codec: EventCodec,
        storage: StorageGuard,
        meter: Meter,
    ) -> None:
        self._origin = origin
        self._new_pipe = new_pipe
        self._encode = encode
        self._log = log
        self._codec = codec
        self._storage = storage
        self._meter = meter
        self._found: dict[str, Captured] = {}
        """What each rule of the task found last in this run, by the rule's name."""
        self._pipe = new_pipe(origin)

    @property
    def failure(self) -> AgentcastError | None:
        return self._pipe.failure

    async def failed(self) -> AgentcastError:
        return await self._pipe.failed()

    async def emit(self, event: AgentEvent) -> None:
        try:
            encoded, change = self._encode(event, self._origin), change_of(event)
        except Exception:  # boundary: what goes wrong with one event does not end the run
            self._meter.add("listener_errors")
            log.exception("an event of task %s could not be encoded", self._origin.task_id)
            return
        self._pipe.add(encoded, change)
        if isinstance(event, Extraction):
            self._found[event.rule] = event.value
        if self._pipe.is_full:
            await self._pipe.room()

    async def recorded(self) -> None:
        await self._pipe.stored()

    async def end(self, event: FinalEvent, *, usage: Usage | None = None) -> None:
        change = change_of(event, usage, await self._findings())
        await self._storage.with_reserve(lambda: self._end(event, change))
        if isinstance(event, TaskFailed):
            log.info("task %s of %s failed (%s): %s", *_logged(event, self._origin))

    async def close(self) -> None:
        """Returns when everything that was accepted is in the log. To be called again does no
        harm. Raises the failure.
        """
        self._pipe.close()
        await self._pipe.flushed()

    def finish(self) -> None:
        """Accept nothing more; what was accepted is still stored."""
        self._pipe.close()

    def give_up(self, failure: StorageFull) -> None:
        """Store nothing more, unless it is being stored already."""
        self._pipe.give_up(failure)

    async def _end(self, event: FinalEvent, change: TaskChange | None) -> None:
        if isinstance(self._pipe.failure, StorageFull):
            self._pipe = self._new_pipe(self._origin)  # room may have been made for this event
        self._pipe.add(self._encode(event, self._origin), change)
        await self.close()

    async def _findings(self) -> Mapping[str, Captured] | None:
        """What each rule of the task found last, in all of its runs."""
        origin = self._origin
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
        return shortened(found | self._found)


def _logged(event: TaskFailed, origin: Origin) -> tuple[str, str, str, str]:
    """Secrets of the agent are masked in its events already."""
    error = plain_text(" ".join(event.error.split()))
    is_long = len(error) > _LOGGED_CHARS
    shown = f"{error[:_LOGGED_CHARS]}…" if is_long else error
    return origin.task_id, origin.agent, event.reason, shown
