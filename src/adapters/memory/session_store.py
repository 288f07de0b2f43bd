"""Sessions in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from adapters.memory.database import KEY_KEPT, MemoryDatabase, SessionRow
from domain.errors import SessionExists, SessionNotFound
from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from domain.session import Session
from domain.task import CancelIntent, TaskStatus
from ports.session_store import DeletedSession, SessionEdit


class MemorySessionStore:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database

    async def create(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        if self._database.session(principal, session_id):
            raise SessionExists(f"there is a session {session_id} already")
        return self._shown(self._database.make_session(principal, session_id, edit))

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        return self._shown(self._row(principal, session_id))

    async def find_key(self, principal: Principal, session_id: SessionId) -> SessionKey | None:
        row = self._database.session(principal, session_id)
        return row.session.session_key if row else None

    async def find_keys(
        self, principal: Principal, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, SessionKey]:
        wanted = set(session_ids)
        named = (row.session for row in self._database.sessions_of(principal))
        return {one.session_id: one.session_key for one in named if one.session_id in wanted}

    async def owned(
        self, principal: Principal, keys: Collection[SessionKey]
    ) -> Collection[SessionKey]:
        wanted = set(keys)
        rows = self._database.sessions_of(principal)
        return [row.session.session_key for row in rows if row.session.session_key in wanted]

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        rows = sorted(
            self._database.sessions_of(principal),
            key=lambda row: row.session.session_key,
            reverse=True,
        )
        if before is not None:
            edge = await self.find_key(principal, before) or 0
            rows = [row for row in rows if row.session.session_key < edge]
        return [self._shown(row) for row in rows[:limit]]

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        row = self._row(principal, session_id)
        row.session = replace(
            row.session,
            title=row.session.title if edit.title is None else edit.title,
            metadata=row.session.metadata if edit.metadata is None else edit.metadata,
            updated_at=self._database.clock.now(),
        )
        return self._shown(row)

    async def delete(self, principal: Principal, session_id: SessionId) -> DeletedSession:
        session = self._row(principal, session_id)
        session.is_deleted = True
        key = session.session.session_key
        cancelled = 0
        for row in self._database.tasks_of(key):
            if row.is_queued:
                cancelled += 1
                row.task = replace(
                    row.task,
                    status=TaskStatus.CANCELLED,
                    reason="session_deleted",
                    finished_at=self._database.clock.now(),
                )
            elif row.is_live:
                intent = CancelIntent(mode="graceful", reason="session_deleted", by=principal.name)
                row.task = replace(row.task, cancel=row.task.cancel or intent)
        return DeletedSession(session_key=key, cancelled=cancelled)

    async def purge(self) -> int:
        keys = [
            key
            for key, row in self._database.sessions.items()
            if row.is_deleted and not any(task.is_live for task in self._database.tasks_of(key))
        ]
        for key in keys:
            self._remove(key)
        self._forget_old_keys()
        return len(keys)

    def _remove(self, key: SessionKey) -> None:
        database = self._database
        tasks = {row.task.task_id for row in database.tasks_of(key)}
        for task_id in tasks:
            del database.tasks[task_id]
        database.keys = {
            name: row for name, row in database.keys.items() if row.task_id not in tasks
        }
        del database.sessions[key]

    def _forget_old_keys(self) -> None:
        oldest = self._database.clock.now() - KEY_KEPT
        self._database.keys = {
            name: row for name, row in self._database.keys.items() if row.created_at >= oldest
        }

    def _row(self, principal: Principal, session_id: SessionId) -> SessionRow:
        row = self._database.session(principal, session_id)
        if row is None:
            raise SessionNotFound(f"there is no session {session_id}")
        return row

    def _shown(self, row: SessionRow) -> Session:
        tasks = [task.task for task in self._database.tasks_of(row.session.session_key)]
        return replace(
            row.session,
            status=self._database.status_of(row),
            last_task_status=tasks[-1].status if tasks else None,
        )
