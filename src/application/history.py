"""The log of one session or one task, page by page, for those who do not want a stream."""

from dataclasses import dataclass

from application.cursor import Cursor, parse_cursor
from application.log_position import LogPosition
from application.selection import Selection
from application.strand import before
from application.stream_request import FromCursor, FromNow, Replay, Since, Start
from application.stream_steps import ResetReason
from domain.errors import SessionNotFound
from domain.ids import SessionKey, TaskId
from ports.event_log import Bounds, EventLog

_READ_EVENTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    bodies: list[bytes]
    """Each one line of JSON."""
    cursor: str | None
    """Where the next page begins; None when there is nothing behind this one."""
    reset: ResetReason | None
    """Why the page does not begin where it was asked to, but at the earliest event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOf:
    """What is asked for; the caller has checked whose it is."""

    session_key: SessionKey
    first_seq: int = 1
    task_id: TaskId | None = None
    event_types: frozenset[str]


class History:
    def __init__(self, *, log: EventLog) -> None:
        self._log = log
        self._positions = LogPosition(log)

    async def page(self, of: HistoryOf, start: Start, *, limit: int) -> HistoryPage:
        """Without a start, from the beginning. Raises InvalidCursor, SessionNotFound."""
        bounds = await self._log.bounds(of.session_key)
        if bounds is None:
            raise SessionNotFound
        at, reset = await self._begin(of, bounds, start)
        bodies: list[bytes] = []
        selection = Selection(
            task_ids=frozenset({of.task_id} if of.task_id else ()), event_types=of.event_types
        )
        while len(bodies) < limit and at.seq < bounds.last_seq:
            events = await self._log.read(of.session_key, after=at.seq, limit=_READ_EVENTS)
            if not events:
                return HistoryPage(bodies=bodies, cursor=None, reset=reset)
            for event in events:
                at = Cursor(event.seq, event.tag)
                if selection.admits(event):
                    bodies.append(event.body)
                if len(bodies) == limit:
                    break
        cursor = str(at) if at.seq < bounds.last_seq else None
        return HistoryPage(bodies=bodies, cursor=cursor, reset=reset)

    async def _begin(
        self, of: HistoryOf, bounds: Bounds, start: Start
    ) -> tuple[Cursor, ResetReason | None]:
        match start:
            case FromCursor(text):
                cursor = parse_cursor(text)
                at, reset = await self._positions.resumed(of.session_key, bounds, cursor)
                return at, reset.reason if reset else None
            case FromNow():
                return before(max(of.first_seq, bounds.first_seq)), None
            case Since() | Replay():
                return await self._positions.at(of.session_key, bounds, start), None
