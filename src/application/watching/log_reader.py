"""Reads sessions' logs for streams: pages that are shared, and a position that moves over them."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from application.cursors.cursor import Cursor, before_earliest
from application.watching.stream_request import Selection
from application.watching.stream_steps import Reset
from application.watching.tails import Render, Tail, TailEvent, Tails, Wake
from domain.events import event_type
from domain.ids import SessionKey, TaskId
from domain.task_events import FinalEvent
from ports.event_log import Bounds, EventLog

PAGE_EVENTS = 500
_KEPT_PAGES = 16
_KEPT_BYTES = 4 * 1024 * 1024
_SLICE_EVENTS = 512  # per step, so that one watcher far behind does not hold the others up
_FINAL = frozenset(event_type(cls) for cls in get_args(FinalEvent))

_Place = tuple[SessionKey, int]


class Pages:
    """Keeps the last few whole pages: after a cut, many watchers read the same ones.

    A page that is kept may have been trimmed from the log since; it is still what was recorded.
    """

    def __init__(self, *, log: EventLog, render: Render) -> None:
        self._log = log
        self._render = render
        self._kept: OrderedDict[_Place, Sequence[TailEvent]] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[_Place, asyncio.Task[Sequence[TailEvent]]] = {}

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int = PAGE_EVENTS
    ) -> Sequence[TailEvent]:
        """Up to so many events above `after`, fewer only at the end of the log; 500 are shared."""
        place = (session_key, after)
        if limit < PAGE_EVENTS:
            return await self._read(place, limit)
        if (page := self._kept.get(place)) is not None:
            return page
        if (reading := self._under_way.get(place)) is None:
            reading = asyncio.ensure_future(self._read(place, PAGE_EVENTS))
            self._under_way[place] = reading
            reading.add_done_callback(lambda done: self._has_read(place, done))
        return await asyncio.shield(reading)

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        return await self._log.bounds(session_key)

    def _has_read(self, place: _Place, done: asyncio.Task[Sequence[TailEvent]]) -> None:
        del self._under_way[place]
        if not done.cancelled():
            done.exception()  # whoever asked has it, unless all of them have gone

    async def _read(self, place: _Place, limit: int) -> Sequence[TailEvent]:
        session_key, after = place
        stored = await self._log.read(session_key, after=after, limit=limit)
        page = [TailEvent(event, self._render(event)) for event in stored]
        size = sum(len(event.rendered) for event in page)
        if len(page) == PAGE_EVENTS and size <= _KEPT_BYTES:
            self._keep(place, page, size)
        return page

    def _keep(self, place: _Place, page: Sequence[TailEvent], size: int) -> None:
        self._kept[place] = page
        self._kept_bytes += size
        while len(self._kept) > _KEPT_PAGES or self._kept_bytes > _KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= sum(len(event.rendered) for event in dropped)


@dataclass(frozen=True, slots=True)
class Passed:
    """Events that the position has moved over."""

    wanted: Sequence[TailEvent]
    """Those of the selection."""
    count: int
    ended: Sequence[TaskId] = ()
    """The tasks whose final event was among them; not looked for when all events are wanted."""


class LogReader:
    """A position in one session's log, which moves over old and new events by the same code."""

    def __init__(
        self,
        tail: Tail,
        *,
        tails: Tails,
        wake: Wake,
        position: Cursor,
        selection: Selection,
    ) -> None:
        self.tail = tail
        self.position = position
        self.selection = selection
        self._tails = tails
        self._wake = wake
        self._page: Sequence[TailEvent] = ()
        self._empty_until = 0

    @property
    def session_key(self) -> SessionKey:
        return self.tail.session_key

    @property
    def has_more(self) -> bool:
        """Whether there are events after the position, in memory or not."""
        return bool(self._page) or self.tail.last_seq > max(self.position.seq, self._empty_until)

    @property
    def page(self) -> Sequence[TailEvent]:
        """What comes next, if it was read from the log."""
        return self._page

    @property
    def lag(self) -> int:
        return self.tail.last_seq - self.position.seq

    def take(self, at_most: int = _SLICE_EVENTS) -> Passed | None:
        """Move over what is in memory; None when `read` must be awaited first."""
        events = self._page or self.tail.after(self.position.seq)
        if not events:
            return None
        self._page, events = events[at_most:] if self._page else (), events[:at_most]
        last = events[-1].stored
        self.position = Cursor(last.seq, last.tag)
        if self.selection.admits_all and all(event.stored.body for event in events):
            return Passed(events, len(events))
        admits = self.selection.admits
        return Passed(
            [event for event in events if admits(event.stored)],
            len(events),
            [event.stored.task_id for event in events if event.stored.event_type in _FINAL],
        )

    async def read(self, pages: Pages, *, limit: int = PAGE_EVENTS) -> Reset | None:
        """Fetch the next page from the log. A hole before it gives a Reset, and is never skipped."""
        expected, until = self.position.seq + 1, self.tail.last_seq
        self._page = page = await pages.read(
            self.session_key, after=self.position.seq, limit=limit
        )
        if not page:
            return await self._after_empty_page(pages, until)
        first_seq, last_seq = page[0].stored.seq, page[-1].stored.seq
        if last_seq > self.tail.last_seq:
            self.tail.last_seq = last_seq
            self.tail.wake_all()  # the next look finds nothing new any more
        if first_seq > expected:
            self.position = before_earliest(first_seq)
            return Reset(reason="trimmed", first_seq=first_seq, last_seq=self.tail.last_seq)
        return None

    async def _after_empty_page(self, pages: Pages, until: int) -> Reset | None:
        """The page was empty: all events there were trimmed, or the store does not show them yet."""
        bounds = await pages.bounds(self.session_key)
        if bounds is None or bounds.first_seq <= self.position.seq + 1:
            self._empty_until = until
            return None
        self.position = before_earliest(bounds.first_seq)
        return Reset(reason="trimmed", first_seq=bounds.first_seq, last_seq=bounds.last_seq)

    def fork(self, wake: Wake) -> "LogReader":
        """Another watcher's, at the same position."""
        return LogReader(
            self._tails.join(self.session_key, wake),
            tails=self._tails,
            wake=wake,
            position=self.position,
            selection=self.selection,
        )

    def leave(self) -> None:
        self._tails.leave(self.tail, self._wake)
