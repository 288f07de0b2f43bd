"""Feeds one listener what this process has committed: in order, at the listener's pace."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Unavailable
from domain.events import AwaitedListener, EventListener, Origin
from domain.ids import SessionKey
from ports.event_codec import EventCodec
from ports.event_log import EventLog, StoredEvent
from ports.meter import Meter

log = logging.getLogger(__name__)

MAX_HELD_EVENTS = 1_000
MAX_HELD_BYTES = 1024 * 1024
"""The bound of what waits in memory; beyond it only seqs are kept, and events read from the log."""
AWAITED_S = 30.0
"""How long an awaited listener, and the run that waits for it, may take for one event."""
_PAGE_EVENTS = 200


@dataclass(slots=True)
class Stretch:
    """Consecutive events of one origin."""

    origin: Origin
    first_seq: int
    """Of the events that the listener was not called with yet."""
    last_seq: int
    events: Sequence[StoredEvent]
    """Empty if they have to be read from the log."""


class ListenerFeed:
    """Keeps a position for each session with new events, and makes one call at a time.

    Sessions take turns, so that a busy one does not delay the others.
    """

    def __init__(
        self,
        listener: EventListener,
        *,
        log: EventLog,
        codec: EventCodec,
        meter: Meter,
        retry_s: float = 1.0,
    ) -> None:
        self._listener = listener
        self._log = log
        self._codec = codec
        self._meter = meter
        self._retry_s = retry_s
        self._waiting: dict[SessionKey, deque[Stretch]] = {}
        self._held_events = self._held_bytes = 0
        self._woken = asyncio.Event()
        self._moved = asyncio.Event()
        self.name = type(listener).__name__
        self.is_awaited = isinstance(listener, AwaitedListener) and listener.is_awaited

    @property
    def backlog(self) -> int:
        """How many events wait for the listener."""
        return sum(
            stretch.last_seq - stretch.first_seq + 1
            for stretches in self._waiting.values()
            for stretch in stretches
        )

    def add(self, origin: Origin, stored: Sequence[StoredEvent]) -> None:
        """Add committed events of one session, in the order of their seqs."""
        stretches = self._waiting.setdefault(origin.session_key, deque())
        last = stretches[-1] if stretches else None
        first_seq, last_seq = stored[0].seq, stored[-1].seq
        if self._is_full or (last and not last.events):
            if last and not last.events and _is_next(last, origin, first_seq):
                last.last_seq = last_seq
            else:
                stretches.append(Stretch(origin, first_seq, last_seq, ()))
        else:
            self._hold(stored, 1)
            stretches.append(Stretch(origin, first_seq, last_seq, stored))
        self._woken.set()

    async def has_taken(self, session_key: SessionKey, seq: int) -> None:
        """Wait until an awaited listener was called with that event, or will not be."""
        while self.is_awaited and self._has_yet_to_take(session_key, seq):
            self._moved.clear()
            await self._moved.wait()

    def release_runs(self) -> None:
        """Let no run wait for this listener from now on."""
        self.is_awaited = False
        self._moved.set()

    async def is_done(self) -> None:
        """Wait until the listener was called with all that is stored."""
        while self._waiting:
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Call the listener until cancelled."""
        while True:
            self._woken.clear()
            if not self._waiting:
                await self._woken.wait()
            for session_key, stretches in tuple(self._waiting.items()):
                try:
                    await self._advance(session_key, stretches)
                except Unavailable as error:
                    log.warning("listener %s waits for the log: %s", self.name, error)
                    await asyncio.sleep(self._retry_s)
                except Exception:  # boundary: what fails in the log must not end the server
                    log.exception("listener %s cannot read the log", self.name)
                    await asyncio.sleep(self._retry_s)
                self._moved.set()
                await asyncio.sleep(0)  # also a listener that never waits leaves others a turn

    @property
    def _is_full(self) -> bool:
        return self._held_events >= MAX_HELD_EVENTS or self._held_bytes >= MAX_HELD_BYTES

    def _has_yet_to_take(self, session_key: SessionKey, seq: int) -> bool:
        left = self._waiting.get(session_key)
        return left is not None and left[0].first_seq <= seq

    def _hold(self, events: Sequence[StoredEvent], sign: int) -> None:
        self._held_events += sign * len(events)
        self._held_bytes += sign * sum(len(event.body) for event in events)

    async def _advance(self, session_key: SessionKey, stretches: deque[Stretch]) -> None:
        stretch = stretches[0]
        if stretch.events:
            self._hold(stretch.events, -1)
            await self._hand_over(stretch, stretch.events)
        else:
            await self._hand_over(stretch, await self._page(stretch))
        if stretch.first_seq > stretch.last_seq:
            stretches.popleft()
        if not stretches:
            del self._waiting[session_key]

    async def _page(self, stretch: Stretch) -> Sequence[StoredEvent]:
        """The next events of a stretch that is not in memory, as far as the log still has them."""
        first_seq, last_seq = stretch.first_seq, stretch.last_seq
        page = await self._log.read(
            stretch.origin.session_key,
            after=first_seq - 1,
            limit=min(_PAGE_EVENTS, last_seq - first_seq + 1),
        )
        there = [event for event in page if event.seq <= last_seq]
        if not there:
            self._lost(last_seq - first_seq + 1)
            stretch.first_seq = last_seq + 1
        return there

    async def _hand_over(self, stretch: Stretch, events: Sequence[StoredEvent]) -> None:
        gone = 0
        for event in events:
            gone += event.seq - stretch.first_seq
            if event.body:
                await self._call(event, stretch.origin)
            else:
                gone += 1
            stretch.first_seq = event.seq + 1
        self._lost(gone)

    def _lost(self, count: int) -> None:
        """Count events that were removed from the log before the listener was called with them."""
        if count:
            self._meter.add("listener_events_lost", count)
            log.warning(
                "listener %s missed %d events that were removed from the log", self.name, count
            )

    async def _call(self, stored: StoredEvent, origin: Origin) -> None:
        try:
            async with asyncio.timeout(AWAITED_S if self.is_awaited else None):
                await self._listener.on_event(self._codec.decode(stored), origin)
        except (Exception, asyncio.CancelledError):  # boundary: listeners are isolated
            if _is_being_cancelled():
                raise
            self._meter.add("listener_errors")
            log.exception("listener %s failed on an event of task %s", self.name, origin.task_id)


def _is_being_cancelled() -> bool:
    """Whether this task is cancelled, and not a listener that raised CancelledError itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _is_next(last: Stretch, origin: Origin, first_seq: int) -> bool:
    return last.origin == origin and last.last_seq + 1 == first_seq
