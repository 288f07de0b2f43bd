"""Sessions on SQL."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from adapters.store.database import Database
from adapters.store.rows.session_rows import (
    insert_session,
    is_named,
    locked_key,
    named_keys,
    owned_keys,
    session_of,
    with_live_status,
)
from adapters.store.rows.store_clock import store_now
from adapters.store.rows.task_rows import json_of
from adapters.store.schema.tables import sessions
from adapters.store.sessions import session_removal
from domain.errors import SessionExists, SessionNotFound
from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from domain.session import Session
from ports.session_store import DeletedSession, SessionEdit


class SqlSessionStore:
    def __init__(self, database: Database) -> None:
        self._database = self.database = database

    async def create(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        def work(connection: Connection) -> Session:
            metadata = json_of(edit.metadata)
            if not insert_session(
                connection, principal, session_id, title=edit.title, metadata=metadata
            ):
                raise SessionExists(f"there is a session {session_id} already")
            return _get(connection, principal, session_id)

        return await self._database.write(work, was_done=_was_created)

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        return await self._database.read(lambda c: _get(c, principal, session_id))

    async def find_key(self, principal: Principal, session_id: SessionId) -> SessionKey | None:
        query = select(sessions.c.key).where(is_named(principal, session_id))
        key = await self._database.read(lambda c: c.execute(query).scalar())
        return None if key is None else SessionKey(key)

    async def find_keys(
        self, principal: Principal, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, SessionKey]:
        return await self._database.read(lambda c: named_keys(c, principal, session_ids))

    async def owned(
        self, principal: Principal, keys: Collection[SessionKey]
    ) -> Collection[SessionKey]:
        return await self._database.read(lambda c: owned_keys(c, principal, keys))

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        query = with_live_status(principal).order_by(sessions.c.key.desc()).limit(limit)
        if before is not None:
            # Uncorrelated: it must not refer to the row of the outer query.
            edge = select(sessions.c.key).where(is_named(principal, before)).correlate(None)
            query = query.where(sessions.c.key < edge.scalar_subquery())
        return await self._database.read(
            lambda c: [session_of(row, principal) for row in c.execute(query)]
        )

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        def work(connection: Connection) -> Session:
            changed = sessions.update().where(is_named(principal, session_id))
            connection.execute(changed.values(updated_at=store_now(), **_columns_of(edit)))
            return _get(connection, principal, session_id)

        return await self._database.write(work)

    async def delete(self, principal: Principal, session_id: SessionId) -> DeletedSession:
        def work(connection: Connection) -> DeletedSession:
            key = locked_key(connection, principal, session_id)
            if key is None:
                raise SessionNotFound(f"there is no session {session_id}")
            return session_removal.hide(connection, key, by=principal.name)

        return await self._database.write(work, was_done=session_removal.was_hidden)

    async def purge(self) -> int:
        keys = await self._database.read(session_removal.removable)
        for key in keys:
            await self._remove(key)
        await self._database.write(session_removal.forget_old_keys)
        await self._database.write(session_removal.forget_answers)
        return len(keys)

    async def _remove(self, key: SessionKey) -> None:
        # In steps, so that appends to other sessions never wait until a long log is deleted.
        while await self._database.write(lambda c: session_removal.remove_events(c, key)):
            pass
        await self._database.write(lambda c: session_removal.remove(c, key))


def _columns_of(edit: SessionEdit) -> dict[str, object]:
    columns = {"title": edit.title, "metadata": json_of(edit.metadata)}
    return {name: value for name, value in columns.items() if value is not None}


def _get(connection: Connection, principal: Principal, session_id: SessionId) -> Session:
    query = with_live_status(principal).where(sessions.c.session_id == session_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise SessionNotFound(f"there is no session {session_id}")
    return session_of(row, principal)


def _was_created(connection: Connection, made: Session) -> bool:
    key = locked_key(connection, made.principal, made.session_id)
    return key == made.session_key
