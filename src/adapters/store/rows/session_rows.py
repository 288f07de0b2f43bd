"""Sessions as rows: found by their owner's id for them, created on first use."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select

from adapters.store.rows.statement import Statement, in_parts
from adapters.store.rows.store_clock import moment
from adapters.store.schema.tables import sessions, tasks
from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from domain.session import Session, SessionStatus
from domain.task import TaskStatus


def belongs_to(principal: Principal) -> ColumnElement[bool]:
    """The sessions of this owner that are not deleted."""
    return and_(
        sessions.c.tenant == principal.tenant,
        sessions.c.owner == principal.owner,
        sessions.c.deleted_at.is_(None),
    )


def is_named(principal: Principal, session_id: SessionId) -> ColumnElement[bool]:
    return and_(belongs_to(principal), sessions.c.session_id == session_id)


def with_live_status(principal: Principal) -> Select[*tuple[Any, ...]]:
    return (
        select(*sessions.c, tasks.c.status.label("live_status"), _LAST_TASK_STATUS)
        .join(tasks, tasks.c.task_id == sessions.c.active_task, isouter=True)
        .where(belongs_to(principal))
    )


def session_of(row: Row[*tuple[Any, ...]], principal: Principal) -> Session:
    return Session(
        session_key=SessionKey(row.key),
        session_id=SessionId(row.session_id),
        principal=principal,
        status=_derived(row.live_status),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        first_seq=row.first_seq,
        last_seq=row.last_seq,
        last_task_status=TaskStatus(row.last_status) if row.last_status else None,
        title=row.title,
        metadata=json.loads(row.metadata) if row.metadata else None,
    )


def locked_key(
    connection: Connection, principal: Principal, session_id: SessionId
) -> SessionKey | None:
    """The key of the session, whose row is locked until the commit; None if there is none."""
    key: int | None = _LOCKED_KEY.value(connection, _name(principal, session_id))
    return None if key is None else SessionKey(key)


def ensured_key(connection: Connection, principal: Principal, session_id: SessionId) -> SessionKey:
    """As `locked_key`; the session is created if there is none."""
    while (key := locked_key(connection, principal, session_id)) is None:
        insert_session(connection, principal, session_id)
    return key


def owned_keys(
    connection: Connection, principal: Principal, keys: Collection[SessionKey]
) -> Collection[SessionKey]:
    found: list[SessionKey] = []
    for some in in_parts(keys):
        query = select(sessions.c.key).where(belongs_to(principal), sessions.c.key.in_(some))
        found.extend(SessionKey(key) for key in connection.execute(query).scalars())
    return found


def named_keys(
    connection: Connection, principal: Principal, session_ids: Collection[SessionId]
) -> Mapping[SessionId, SessionKey]:
    found: dict[SessionId, SessionKey] = {}
    for some in in_parts(session_ids):
        query = select(sessions.c.session_id, sessions.c.key).where(
            belongs_to(principal), sessions.c.session_id.in_(some)
        )
        found.update(
            (SessionId(session_id), SessionKey(key))
            for session_id, key in connection.execute(query)
        )
    return found


def insert_session(
    connection: Connection,
    principal: Principal,
    session_id: SessionId,
    *,
    title: str | None = None,
    metadata: str | None = None,
) -> bool:
    """False if the session exists already."""
    values = {**_name(principal, session_id), "title": title, "metadata": metadata}
    return _INSERT.run(connection, values) == 1


def _name(principal: Principal, session_id: SessionId) -> dict[str, object]:
    return {"tenant": principal.tenant, "owner": principal.owner, "session_id": session_id}


def _derived(live_status: str | None) -> SessionStatus:
    if live_status is None:
        return "idle"
    return "waiting" if live_status == TaskStatus.WAITING else "running"


_NEWER = tasks.alias("newer")
_LAST_TASK_STATUS = (
    select(_NEWER.c.status)
    .where(_NEWER.c.session_key == sessions.c.key)
    .order_by(_NEWER.c.number.desc())
    .limit(1)
    .scalar_subquery()
    .label("last_status")
)
_LOCKED_KEY = Statement("""
    SELECT key FROM sessions
    WHERE tenant = :tenant AND owner = :owner AND session_id = :session_id
      AND deleted_at IS NULL
    FOR UPDATE
""")
# It waits for a transaction that is just inserting the same session.
_INSERT = Statement("""
    INSERT INTO sessions (tenant, owner, session_id, title, metadata, created_at, updated_at)
    VALUES (:tenant, :owner, :session_id, :title, :metadata, store_now(), store_now())
    ON CONFLICT DO NOTHING
""")
