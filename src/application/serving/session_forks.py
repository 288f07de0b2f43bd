"""Makes sessions that begin with the conversation of another one."""

from application.cursors.cursor import Cursor, parse_cursor
from application.recall.session_origins import FORK_OF, ForkPoint
from application.serving.sessions import Sessions
from domain.errors import CursorNotHeld, InvalidCursor, InvalidInput
from domain.ids import SessionId
from domain.principal import Principal
from domain.session import Session
from ports.event_log import EventLog
from ports.session_store import SessionEdit


class SessionForks:
    """Nothing is copied: the new session's log is empty, and its metadata names the old one."""

    def __init__(self, *, sessions: Sessions, log: EventLog) -> None:
        self._sessions = sessions
        self._log = log

    async def fork(
        self,
        principal: Principal,
        session_id: SessionId,
        *,
        at_seq: int | None = None,
        after: str | None = None,
        new_id: SessionId | None,
        title: str | None,
    ) -> Session:
        """Up to and with that event, or the one of that cursor, or to the end.

        Raises what making a session raises; SessionNotFound for the old one; InvalidInput for a
        seq, and CursorNotHeld for a cursor, of an event that it does not hold; InvalidCursor.
        """
        if at_seq is not None and after is not None:
            raise InvalidInput("after", "an event is named by its seq or by its cursor, not both")
        old = await self._sessions.get(principal, session_id)
        if after is not None:
            point = await self._point_of(old, _cursor(after))
        else:
            point = await self._point(old, old.last_seq if at_seq is None else at_seq)
        edit = SessionEdit(
            title=old.title if title is None else title,
            metadata={FORK_OF: point.as_metadata()},
        )
        return await self._sessions.create(principal, new_id, edit)

    async def _point(self, old: Session, seq: int) -> ForkPoint:
        tag = await self._log.tag_at(old.session_key, seq) if seq > 0 else None
        if tag is None:
            held = (
                f"{old.first_seq} to {old.last_seq}" if old.first_seq <= old.last_seq else "none"
            )
            raise InvalidInput("at_seq", f"the session has no event {seq}; it has {held}")
        return ForkPoint(session_id=old.session_id, seq=seq, tag=tag)

    async def _point_of(self, old: Session, cursor: Cursor) -> ForkPoint:
        if await self._log.tag_at(old.session_key, cursor.seq) != cursor.tag:
            raise CursorNotHeld(f"the session has no event {cursor}, or not any more")
        return ForkPoint(session_id=old.session_id, seq=cursor.seq, tag=cursor.tag)


def _cursor(text: str) -> Cursor:
    try:
        return parse_cursor(text)
    except InvalidCursor as error:
        raise InvalidCursor("after", str(error)) from error
