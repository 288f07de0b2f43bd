"""The log of one session or one task, page by page, without a stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.cursors.cursor import BEGINNING, Cursor, before_earliest, parse_cursor
from application.watching.log_position import LogPosition, NewestEvents
from application.watching.stream_request import (
    FromCursor,
    FromNow,
    Replay,
    Selection,
    Since,
    Start,
)
from application.watching.stream_steps import ResetReason
from domain.errors import SessionNotFound
from domain.ids import SessionKey, TaskId
from ports.event_log import Bounds, EventLog

_READ_EVENTS = 500
_READS = 10  # of one page: what is wanted may be rare in a log that is long


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    bodies: Sequence[bytes] = ()
    """One line of JSON each. There may be none here and more after the cursor."""
    cursor: str | None = None
    """Where the next page begins; None when there is nothing behind this one."""
    reset: ResetReason | None = None
    """Why there is no page: the log does not have the events that should come next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOf:
    """What is asked for; the caller has checked whose it is."""

    session_key: SessionKey
    task_id: TaskId | None = None
    first_seq: int = 1
    last_seq: int | None = None
    """The seq of the final event, of a task that has ended."""
    event_types: frozenset[str]

    @property
    def selection(self) -> Selection:
        return Selection(
            task_ids=frozenset({self.task_id} if self.task_id else ()),
            event_types=self.event_types,
        )

    def end(self, bounds: Bounds) -> int:
        return bounds.last_seq if self.last_seq is None else min(self.last_seq, bounds.last_seq)


class History:
    def __init__(self, *, log: EventLog) -> None:
        self._log = log
        self._positions = LogPosition(log)
        self._newest = NewestEvents(log)

    async def page(self, of: HistoryOf, start: Start, *, limit: int) -> HistoryPage:
        """Without a start, from the beginning. Raises InvalidCursor, SessionNotFound."""
        bounds = await self._log.bounds(of.session_key)
        if bounds is None:
            raise SessionNotFound
        at, reset = await self._begin(of, bounds, start)
        if reset is not None:
            return HistoryPage(reset=reset)
        return await self._read(of, at, end=of.end(bounds), limit=limit)

    async def _begin(
        self, of: HistoryOf, bounds: Bounds, start: Start
    ) -> tuple[Cursor, ResetReason | None]:
        earliest = before_earliest(max(of.first_seq, bounds.first_seq))
        match start:
            case FromCursor(text):
                cursor = parse_cursor(text)
                if cursor == BEGINNING and of.task_id:
                    return earliest, None
                at, reset = await self._positions.resumed(of.session_key, bounds, cursor)
                return at, reset.reason if reset else None
            case FromNow():
                return earliest, None
            case Replay(None):
                return earliest, None
            case Replay(last):
                ends = {of.session_key: of.end(bounds)}
                begins = await self._newest.begin(ends, of.selection, last or 0)
                return _later(earliest, before_earliest(begins[of.session_key] + 1)), None
            case Since():
                at = await self._positions.at(of.session_key, bounds, start)
                return _later(earliest, at), None

    async def _read(self, of: HistoryOf, at: Cursor, *, end: int, limit: int) -> HistoryPage:
        bodies: list[bytes] = []
        selection = of.selection
        for _ in range(_READS):
            if len(bodies) == limit or at.seq >= end:
                break
            events = await self._log.read(of.session_key, after=at.seq, limit=_READ_EVENTS)
            if not events or events[0].seq > at.seq + 1:
                # Reported by a page of its own: this one still holds what came before the hole.
                return HistoryPage(bodies=bodies, cursor=str(at)) if bodies else _TRIMMED
            for event in events:
                at = Cursor(event.seq, event.tag)
                if selection.admits(event):
                    bodies.append(event.body)
                if len(bodies) == limit or at.seq == end:
                    break
        return HistoryPage(bodies=bodies, cursor=str(at) if at.seq < end else None)


_TRIMMED = HistoryPage(reset="trimmed")


def _later(one: Cursor, other: Cursor) -> Cursor:
    return other if other.seq > one.seq else one
