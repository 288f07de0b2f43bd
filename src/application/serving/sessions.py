"""Sessions for their owners: made, read, changed, deleted, and forked from another one."""

from collections.abc import Sequence

from application.casting.commit_notifier import CommitNotifier
from application.cursors.cursor import Cursor, parse_cursor
from application.recall.session_origins import FORK_OF, ForkPoint
from application.running.worker import Worker
from domain.errors import CursorNotHeld, InvalidCursor, InvalidInput
from domain.ids import SessionId
from domain.principal import Principal
from domain.session import Session
from ports.event_log import EventLog
from ports.id_source import IdSource
from ports.session_store import SessionEdit, SessionStore


class Sessions:
    def __init__(
        self,
        *,
        store: SessionStore,
        worker: Worker,
        notifier: CommitNotifier,
        ids: IdSource,
    ) -> None:
        self._store = store
        self._worker = worker
        self._notifier = notifier
        self._ids = ids

    async def create(
        self, principal: Principal, session_id: SessionId | None, edit: SessionEdit
    ) -> Session:
        """Without an id, under a new one. Raises StorageFull, LogUnavailable, SessionExists."""
        self._worker.storage.check()
        session = await self._store.create(principal, session_id or self._ids.session_id(), edit)
        self._notifier.session_created(principal, session.session_id, session.session_key)
        return session

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        return await self._store.get(principal, session_id)

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        return await self._store.list(principal, limit=limit, before=before)

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        return await self._store.edit(principal, session_id, edit)

    async def delete(self, principal: Principal, session_id: SessionId) -> None:
        """Hide it at once, cancel its tasks and end its streams; its data is purged later.

        Raises SessionNotFound, StorageFull.
        """
        deleted = await self._worker.storage.with_reserve(
            lambda: self._store.delete(principal, session_id)
        )
        self._worker.session_deleted(deleted)
        self._notifier.session_deleted(deleted)


class SessionForks:
    """Makes sessions that begin with the conversation of another one, up to one of its events.

    Nothing is copied: the log of the new session is empty, and its metadata names the old one.
    """

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
        """Up to and including the event of `at_seq` or of the cursor `after`; else all of it.

        Raises what `Sessions.create` raises, SessionNotFound for the old one, InvalidCursor, and
        for an event that it does not hold InvalidInput (a seq) or CursorNotHeld (a cursor).
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
