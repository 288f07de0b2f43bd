"""Queries of retention: how much there is, and the oldest of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from adapters.store.rows.store_clock import moment
from adapters.store.rows.task_rows import LIVE_STATUSES
from adapters.store.schema.tables import events, sessions, tasks
from domain.ids import SessionId, SessionKey, TaskId
from ports.event_retention import DeadSession, EndedTask, SessionName, SessionUse

ROW_BYTES = 120
"""About how much a row of the log takes besides its body."""

_LATER = tasks.alias("later")
_KEPT_FROM = (
    select(func.min(_LATER.c.first_seq))
    .where(
        _LATER.c.session_key == tasks.c.session_key,
        or_(_LATER.c.finished_at.is_(None), _LATER.c.finished_at > tasks.c.finished_at),
    )
    .correlate(tasks)
    .scalar_subquery()
)
_HAS_EVENTS_TO_TRIM = sessions.c.first_seq < func.coalesce(_KEPT_FROM, sessions.c.last_seq + 1)
_IS_NOT_DELETED = sessions.c.deleted_at.is_(None)
_HAS_LIVE_TASK = exists().where(
    tasks.c.session_key == sessions.c.key, tasks.c.status.in_(LIVE_STATUSES)
)


def size(connection: Connection) -> int:
    """SQLite: the pages in use. PostgreSQL: the rows, since its files never shrink."""
    if connection.dialect.name == "sqlite":
        return _pragma(connection, "page_size") * (
            _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
        )
    rows = select(
        func.coalesce(func.sum(func.length(events.c.body)), 0) + func.count() * ROW_BYTES
    )
    return int(connection.execute(rows).scalar_one())


def oldest(connection: Connection, *, before: int, limit: int) -> Sequence[EndedTask]:
    return _ended(connection, and_(tasks.c.finished_at < before, _HAS_EVENTS_TO_TRIM), limit)


def to_compact(connection: Connection, *, before: int, limit: int) -> Sequence[EndedTask]:
    return _ended(
        connection, and_(tasks.c.finished_at < before, tasks.c.compacted_at.is_(None)), limit
    )


def dead_sessions(connection: Connection, *, limit: int) -> Sequence[DeadSession]:
    rows = connection.execute(
        select(sessions).where(sessions.c.deleted_at.is_not(None), ~_HAS_LIVE_TASK).limit(limit)
    )
    return [
        DeadSession(session_key=SessionKey(row.key), session=_name_of(row, row.key))
        for row in rows
    ]


def tasks_of(connection: Connection, key: SessionKey) -> Sequence[TaskId]:
    rows = connection.execute(select(tasks.c.task_id).where(tasks.c.session_key == key))
    return [TaskId(row.task_id) for row in rows]


def use_of(connection: Connection, session: SessionName) -> SessionUse:
    is_it = and_(sessions.c.key == session.session_key, _has_name(sessions, session))
    is_its_task = and_(tasks.c.session_key == session.session_key, _has_name(tasks, session))
    is_busy = exists().where(is_its_task, tasks.c.finished_at.is_(None))
    is_there = exists().where(is_it, _IS_NOT_DELETED)
    was_used = and_(sessions.c.last_seq > 0, sessions.c.first_seq > sessions.c.last_seq)
    is_spent = exists().where(is_it, _IS_NOT_DELETED, was_used)
    which = case(
        (is_busy, literal("busy")),
        (is_spent, literal("spent")),
        (is_there, literal("idle")),
        else_="gone",
    )
    use: SessionUse = connection.execute(select(which)).scalar_one()
    return use


def _ended(connection: Connection, which: ColumnElement[bool], limit: int) -> Sequence[EndedTask]:
    return [
        EndedTask(
            task_id=TaskId(row.task_id),
            session_key=SessionKey(row.session_key),
            session=_name_of(row, row.session_key),
            ended_at=moment(row.finished_at),
            first_seq=max(row.first_seq, row.earliest),
            last_seq=row.newest if row.last_seq is None else row.last_seq,
        )
        for row in connection.execute(_ended_query(which).limit(limit))
    ]


def _ended_query(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *tasks.c, sessions.c.first_seq.label("earliest"), sessions.c.last_seq.label("newest")
        )
        .join(sessions, sessions.c.key == tasks.c.session_key)
        .where(tasks.c.finished_at.is_not(None), _IS_NOT_DELETED, which)
        .order_by(tasks.c.finished_at, tasks.c.number)
    )


def _has_name(table: Table, session: SessionName) -> ColumnElement[bool]:
    """Checked beside the key: a folder may belong to a session of another store with its own keys."""
    return and_(
        table.c.tenant == session.tenant,
        table.c.owner == session.owner,
        table.c.session_id == session.session_id,
    )


def _name_of(row: Row[*tuple[Any, ...]], key: int) -> SessionName:
    return SessionName(
        session_key=SessionKey(key),
        tenant=row.tenant,
        owner=row.owner,
        session_id=SessionId(row.session_id),
    )


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
