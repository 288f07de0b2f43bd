"""A watcher's life: a cursor into the log, never a queue."""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from application.scope import Scope
from application.strand import Passed, Strand
from application.stream_steps import (
    BEHIND,
    IDLE,
    Connected,
    CursorMoved,
    End,
    EndReason,
    Events,
    Reset,
    Step,
)
from application.tails import TailEvent
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.meter import Meter

_MAX_LEFT_OUT = 100  # events, before the cursor is told to have moved


class Watch:
    """Call `step` until it says Idle or Behind, then await `wait` or `read`, and step again.

    `step` never blocks. It belongs to one stream, and must be closed.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        opening: Iterable[Connected | Reset],
        log: EventLog,
        codec: EventCodec,
        meter: Meter,
        woken: asyncio.Event,
    ) -> None:
        self._scope = scope
        self._opening = deque(opening)
        self._log = log
        self._codec = codec
        self._meter = meter
        self._woken = woken
        self._left_out = 0
        self._ending: EndReason | None = None

    def step(self) -> Step:
        """What comes next. After End nothing does."""
        self._woken.clear()
        if self._opening:
            return self._opening.popleft()
        self._scope.refresh()
        for strand in self._scope.strands():
            if not strand.has_more:
                continue
            if (passed := strand.take()) is None:
                return BEHIND
            return self._events(strand, passed)
        return self._at_rest()

    async def read(self) -> None:
        """Fetch what the last step lacked."""
        if self._scope.needs_look:
            await self._scope.look()
            return
        for strand in self._scope.strands():
            if strand.has_more:
                self._meter.add("store_reads")
                if reset := await strand.read(self._log, self._codec):
                    self._meter.add("resets")
                    self._opening.append(reset)
                return

    async def wait(self, *, timeout_s: float) -> bool:
        """Until there may be something new; False when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
                return True
        return False

    def rest(self) -> CursorMoved | None:
        """After a silence: the cursor, if it has moved unseen."""
        return self._cursor_moved() if self._left_out else None

    def end(self, reason: EndReason) -> None:
        """End the stream with its next steps, after what is in memory."""
        self._ending = self._ending or reason
        self._woken.set()

    def close(self) -> None:
        self._scope.close()

    def _events(self, strand: Strand, passed: Passed) -> Step:
        self._scope.has_passed(strand, passed)
        if not passed.wanted:
            self._left_out += passed.count
            return self._cursor_moved() if self._left_out >= _MAX_LEFT_OUT else self.step()
        trailing = strand.position.seq - passed.wanted[-1].stored.seq
        self._left_out = trailing
        frames = b"".join(self._frames(strand, passed.wanted))
        self._meter.add("events_sent", len(passed.wanted))
        self._meter.add("bytes_sent", len(frames))
        return Events(frames, len(passed.wanted))

    def _frames(self, strand: Strand, events: Iterable[TailEvent]) -> Iterable[bytes]:
        if self._scope.has_plain_ids:
            return (event.frame for event in events)
        return (
            b"id: %b\n%b" % (self._scope.cursor_at(strand, event).encode(), _without_id(event))
            for event in events
        )

    def _at_rest(self) -> Step:
        reason = self._scope.ending or self._ending
        if reason is None:
            return BEHIND if self._scope.needs_look else IDLE
        if self._left_out:
            return self._cursor_moved()
        return End(reason)

    def _cursor_moved(self) -> CursorMoved:
        self._left_out = 0
        return CursorMoved(cursor=self._scope.cursor(), last_seq=self._scope.last_seq)


def _without_id(event: TailEvent) -> bytes:
    return event.frame.partition(b"\n")[2]
