"""Finds the place in a session's log at which a stream is to begin."""

from application.cursors.cursor import Cursor, before_earliest
from application.watching.stream_request import FromNow, Replay, Since
from application.watching.stream_steps import Reset, ResetReason
from domain.ids import SessionKey
from ports.event_log import Bounds, EventLog


class LogPosition:
    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def at(
        self, session_key: SessionKey, bounds: Bounds, start: FromNow | Since | Replay
    ) -> Cursor:
        """Of a replay the earliest place, from which what is too old is yet to be left out."""
        match start:
            case FromNow():
                return await self.after(session_key, bounds.last_seq)
            case Since(at):
                return await self.after(session_key, await self._log.seq_before(session_key, at))
            case Replay():
                return before_earliest(bounds.first_seq)

    async def resumed(
        self, session_key: SessionKey, bounds: Bounds, cursor: Cursor
    ) -> tuple[Cursor, Reset | None]:
        """The cursor's own place, or the earliest one and the reason why not."""
        reason = await self._flaw(session_key, bounds, cursor)
        if reason is None:
            return cursor, None
        reset = Reset(reason=reason, first_seq=bounds.first_seq, last_seq=bounds.last_seq)
        return before_earliest(bounds.first_seq), reset

    async def after(self, session_key: SessionKey, seq: int) -> Cursor:
        """With the tag of that event, by which a resume knows it again, unless it is gone."""
        tag = await self._log.tag_at(session_key, seq) if seq else None
        return Cursor(seq, tag) if tag else before_earliest(seq + 1)

    async def _flaw(
        self, session_key: SessionKey, bounds: Bounds, cursor: Cursor
    ) -> ResetReason | None:
        if cursor.seq > bounds.last_seq:
            return "future"
        if cursor.seq < bounds.first_seq - 1:
            return "trimmed"
        if cursor.seq == bounds.first_seq - 1:
            return None  # just before the earliest event; its own tag is gone with it
        tag = await self._log.tag_at(session_key, cursor.seq)
        return None if tag == cursor.tag else "diverged"
