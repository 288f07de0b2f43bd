"""A watch: steps over the log from a cursor, without a queue of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from application.watching.chronology import Chronology
from application.watching.log_reader import LogReader, Pages, Passed
from application.watching.open_stream import OpenStream
from application.watching.stream_steps import (
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
from application.watching.subscription import Place, Subscription
from application.watching.tails import TailEvent
from application.watching.wake import WakeSignal
from ports.meter import Meter

_MEASURED = 8  # one of so many writes is timed: the clock costs a part of what a small one does
_MAX_LEFT_OUT = 100  # events in a row, before a step reports that the cursor has moved


class Watch:
    """Call `step` until it returns Idle or Behind; then await `wait` after Idle, `read` after
    Behind, and step again.

    `step` never blocks. A watch belongs to one writer, who must close it.
    """

    __slots__ = (
        "_ending",
        "_event",
        "_left_out",
        "_meter",
        "_opened_at",
        "_opening",
        "_pages",
        "_past",
        "_subscription",
        "_turn",
        "_wake",
        "_writes",
        "stream",
    )

    def __init__(
        self,
        subscription: Subscription,
        *,
        stream: OpenStream,
        opening: Iterable[Connected | Reset],
        pages: Pages,
        meter: Meter,
        wake: WakeSignal,
        opened_at: float,
        past: Chronology | None = None,
    ) -> None:
        """`opened_at` is by the monotonic clock; `past` is given before anything newer."""
        self.stream = stream
        self._subscription = subscription
        self._opening = list(opening)
        self._pages = pages
        self._past = past
        self._meter = meter
        self._wake = wake
        self._left_out = 0
        self._opened_at = opened_at
        self._turn = 0
        self._writes = 0
        self._ending: EndReason | None = None
        self._event: asyncio.Event | None = None

    @property
    def place(self) -> Place | None:
        """Where it is, if another watch of the same place would get the same from here on."""
        if self._opening or self._left_out or self._ending:
            return None
        shareable = self._subscription.shareable
        return shareable.place if shareable else None

    @property
    def is_at_rest(self) -> bool:
        """Whether the next step, if it came at once, would be Idle."""
        if (
            self._opening
            or self._ending
            or self._subscription.ending
            or self._subscription.needs_look
        ):
            return False
        return not any(reader.has_more for reader in self._subscription.readers())

    def fork(self, wake: WakeSignal, stream: OpenStream) -> "Watch":
        """Another watch that goes on from where this one is, which must have a place.

        Raises ValueError if it is not of the whole of one session.
        """
        if (shareable := self._subscription.shareable) is None:
            raise ValueError("only the whole of a session can be shared")
        return Watch(
            shareable.fork(wake),
            stream=stream,
            opening=(),
            pages=self._pages,
            meter=self._meter,
            wake=wake,
            opened_at=self._opened_at,
        )

    @property
    def lag(self) -> int:
        """How many committed events it has yet to step over, in all its sessions."""
        return sum(max(one.lag, 0) for one in self._subscription.readers())

    def notify(self, listener: Callable[[], None]) -> None:
        """Call this whenever a step may give something new; `wait` cannot be used then."""
        self._wake.notify(listener)

    def step(self) -> Step:
        """What comes next. After End nothing does."""
        self._wake.clear()
        if self._opening:
            return self._opening.pop(0)
        self._subscription.refresh()
        if self._past is not None:
            if self._past.has_unread or self._subscription.needs_look:
                return BEHIND
            if taken := self._past.take():
                return self._events(*taken)
            self._past = None
        for offset, reader in enumerate(self._in_turn()):
            if not reader.has_more:
                continue
            is_paged = bool(reader.page)
            if (passed := reader.take()) is None:
                return BEHIND
            if not is_paged:
                self._meter.add("tail_hits")
            self._turn += offset + 1
            return self._events(reader, passed)
        return self._at_rest()

    async def read(self) -> None:
        """Fetch what the last step lacked. Raises Unavailable."""
        if self._subscription.needs_look:
            await self._subscription.look()
            return
        if self._past is not None and self._past.has_unread:
            await self._read(self._past.read(self._pages))
            return
        for reader in self._in_turn():
            if reader.has_more:
                await self._read(reader.read(self._pages))
                return

    async def wait(self, *, timeout_s: float) -> bool:
        """Wait until there may be something new; False when the time is over."""
        if self._event is None:
            self._event = asyncio.Event()
            self._wake.notify(self._event.set)
        if self._wake.is_woken:
            return True
        self._event.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
                return True
        return False

    def rest(self) -> CursorMoved | None:
        """After a silence: the cursor, if it has passed events that were left out."""
        return self._cursor_moved() if self._left_out else None

    def end(self, reason: EndReason) -> None:
        """End the stream with its next steps, after what is in memory."""
        self._ending = self._ending or reason
        self._wake()

    def close(self) -> None:
        self._subscription.close()
        self._wake.forget()

    async def _read(self, reading: Awaitable[Reset | None]) -> None:
        self._meter.add("store_reads")  # before it ends: its watcher may leave meanwhile
        if (reset := await reading) is not None:
            self._meter.add("resets")
            self._opening.append(replace(reset, cursor=self._subscription.logs.cursor()))

    def _in_turn(self) -> Sequence[LogReader]:
        """Begins with another one after each that was served, so that a busy one delays no other."""
        readers = self._subscription.readers()
        if len(readers) < 2:
            return readers
        first = self._turn % len(readers)
        return [*readers[first:], *readers[:first]]

    def _events(self, reader: LogReader, passed: Passed) -> Step:
        self._subscription.has_passed(reader, passed)
        if not passed.wanted:
            self._left_out += passed.count
            return self._cursor_moved() if self._left_out >= _MAX_LEFT_OUT else self.step()
        trailing = reader.position.seq - passed.wanted[-1].stored.seq
        self._left_out = trailing
        cursors = self._subscription.logs.cursors_at(reader, passed.wanted)
        return Events(passed.wanted, cursors, self._measured(passed.wanted[0]))

    def _measured(self, first: TailEvent) -> float | None:
        """When it was committed, if it is to be measured: it came while this watch was open."""
        if first.shown_at is None:
            return None
        self._writes += 1
        if self._writes % _MEASURED != 1:
            return None
        return first.shown_at if first.shown_at >= self._opened_at else None

    def _at_rest(self) -> Step:
        reason = self._subscription.ending or self._ending
        if reason is None:
            return BEHIND if self._subscription.needs_look else IDLE
        if self._left_out:
            return self._cursor_moved()
        return End(reason)

    def _cursor_moved(self) -> CursorMoved:
        self._left_out = 0
        return CursorMoved(
            cursor=self._subscription.logs.cursor(), last_seq=self._subscription.logs.last_seq
        )
