"""Retention on SQL, in transactions short enough to let appends pass between them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from adapters.store.database import Database
from adapters.store.retention import retention_queries
from adapters.store.retention.retention_queries import ROW_BYTES
from adapters.store.rows.store_clock import micros, store_now
from adapters.store.schema.tables import events, sessions, tasks
from domain.ids import SessionKey, TaskId
from ports.event_retention import DeadSession, EndedTask, SessionName, SessionUse, Trimmed

_NOTHING = Trimmed(events=0, size=0)


class SqlEventRetention:
    """SQLite's file does not shrink: free pages are used for later rows."""

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
            lambda c: _trim(c, session_key, before=before, limit=limit)
        )

    async def to_compact(self, *, ended_before: datetime, limit: int) -> Sequence[EndedTask]:
        before = micros(ended_before)
        return await self._database.read(
            lambda c: retention_queries.to_compact(c, before=before, limit=limit)
        )

    async def empty(self, task: EndedTask, seqs: Collection[int]) -> None:
        await self._database.write(lambda c: _empty(c, task, seqs))

    async def mark_compacted(self, task: EndedTask) -> None:
        await self._database.write(lambda c: _mark_compacted(c, task))

    async def dead_sessions(self, *, limit: int) -> Sequence[DeadSession]:
        return await self._database.read(lambda c: retention_queries.dead_sessions(c, limit=limit))

    async def tasks_of(self, session_key: SessionKey) -> Sequence[TaskId]:
        return await self._database.read(lambda c: retention_queries.tasks_of(c, session_key))

    async def use_of(self, session: SessionName) -> SessionUse:
        return await self._database.read(lambda c: retention_queries.use_of(c, session))


def _trim(connection: Connection, key: SessionKey, *, before: int, limit: int) -> Trimmed:
    # The lock keeps appends out until the commit: the bounds always match the events.
    session = connection.execute(
        select(sessions.c.first_seq, sessions.c.last_seq)
        .where(sessions.c.key == key)
        .with_for_update()
    ).one_or_none()
    if session is None:
        return _NOTHING
    kept_from = _kept_from(connection, key, before)
    last = session.last_seq if kept_from is None else kept_from - 1
    last = min(last, session.first_seq + limit - 1)
    if last < session.first_seq:
        return _NOTHING
    return _removed(connection, key, session.first_seq, last)


def _empty(connection: Connection, task: EndedTask, seqs: Collection[int]) -> None:
    connection.execute(
        update(events)
        .where(
            events.c.session_key == task.session_key,
            events.c.seq.in_(seqs),
            events.c.task_id == task.task_id,
        )
        .values(body=b"")
    )


def _mark_compacted(connection: Connection, task: EndedTask) -> None:
    connection.execute(
        update(tasks).where(tasks.c.task_id == task.task_id).values(compacted_at=store_now())
    )


def _kept_from(connection: Connection, key: SessionKey, before: int) -> int | None:
    kept: int | None = connection.execute(
        select(func.min(tasks.c.first_seq)).where(
            tasks.c.session_key == key,
            or_(tasks.c.finished_at.is_(None), tasks.c.finished_at >= before),
        )
    ).scalar()
    return kept


def _removed(connection: Connection, key: SessionKey, first: int, last: int) -> Trimmed:
    prefix = and_(events.c.session_key == key, events.c.seq >= first, events.c.seq <= last)
    bodies: int = connection.execute(
        select(func.coalesce(func.sum(func.length(events.c.body)), 0)).where(prefix)
    ).scalar_one()
    connection.execute(delete(events).where(prefix))
    connection.execute(update(sessions).where(sessions.c.key == key).values(first_seq=last + 1))
    count = last - first + 1
    return Trimmed(events=count, size=int(bodies) + count * ROW_BYTES)
