"""Retention on SQL: what may go, in transactions short enough to let appends pass between them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from adapters.store.database import Database
from adapters.store.retention import retention_queries, retention_steps
from adapters.store.rows.store_clock import micros
from domain.ids import SessionKey, TaskId
from ports.event_retention import DeadSession, EndedTask, SessionName, SessionUse, Trimmed


class SqlEventRetention:
    """SQLite's file does not shrink: the pages that become free are filled by what comes next."""

    def __init__(self, database: Database) -> None:
        self._database = self.database = database

    async def size(self) -> int:
        return await self._database.read(retention_queries.size)

    async def oldest(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        before = micros(ended_before)
        return await self._database.read(
            lambda c: retention_queries.oldest(c, before=before, limit=limit)
        )

    async def trim(
        self, session_key: SessionKey, *, ended_before: datetime, limit: int
    ) -> Trimmed:
        before = micros(ended_before)
        return await self._database.write(
            lambda c: retention_steps.trim(c, session_key, before=before, limit=limit)
        )

    async def to_compact(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        before = micros(ended_before)
        return await self._database.read(
            lambda c: retention_queries.to_compact(c, before=before, limit=limit)
        )

    async def empty(self, task: EndedTask, seqs: Collection[int]) -> None:
        await self._database.write(lambda c: retention_steps.empty(c, task, seqs))

    async def mark_compacted(self, task: EndedTask) -> None:
        await self._database.write(lambda c: retention_steps.mark_compacted(c, task))

    async def dead_sessions(self, *, limit: int) -> Sequence[DeadSession]:
        return await self._database.read(lambda c: retention_queries.dead_sessions(c, limit=limit))

    async def tasks_of(self, session_key: SessionKey) -> Sequence[TaskId]:
        return await self._database.read(lambda c: retention_queries.tasks_of(c, session_key))

    async def use_of(self, session: SessionName) -> SessionUse:
        return await self._database.read(lambda c: retention_queries.use_of(c, session))
