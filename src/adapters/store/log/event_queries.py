"""Reads of the log."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from adapters.store.rows.statement import Statement, in_parts
from adapters.store.rows.store_clock import micros, moment
from adapters.store.schema.tables import events, sessions
from domain.ids import SessionKey, Tag
from ports.event_log import Bounds, Recorded, StoredEvent

_PAGE = Statement("""
    SELECT seq, tag, event_type, task_id, agent, body FROM events
    WHERE session_key = :session AND seq > :after
    ORDER BY seq LIMIT :at_most
""")
_NEWEST = Statement("""
    SELECT seq, at, event_type, task_id, agent, length(body) FROM events
    WHERE session_key = :session AND seq < :below
    ORDER BY seq DESC LIMIT :at_most
""")
_BOUNDS = Statement("""
    SELECT first_seq, last_seq FROM sessions
    WHERE key = :session AND deleted_at IS NULL
""")
_TAG = Statement("""
    SELECT tag FROM events
    WHERE session_key = :session AND seq = :at_seq
""")


def read_page(
    connection: Connection, session_key: SessionKey, *, after: int, limit: int
) -> Sequence[StoredEvent]:
    values = {"session": session_key, "after": after, "at_most": limit}
    rows = _PAGE.rows(connection, values)
    return [
        StoredEvent(seq=seq, tag=tag, event_type=kind, task_id=task_id, agent=agent, body=body)
        for seq, tag, kind, task_id, agent, body in _without_hole(rows)
    ]


def find_events(
    connection: Connection,
    session_key: SessionKey,
    *,
    event_types: Collection[str],
    after: int,
    limit: int,
) -> Sequence[StoredEvent]:
    """Scans the log in the database: an index by type would double the cost of each append."""
    query = (
        select(
            events.c.seq,
            events.c.tag,
            events.c.event_type,
            events.c.task_id,
            events.c.agent,
            events.c.body,
        )
        .where(
            events.c.session_key == session_key,
            events.c.seq > after,
            events.c.event_type.in_(sorted(event_types)),
        )
        .order_by(events.c.seq)
        .limit(limit)
    )
    return [StoredEvent(*row) for row in connection.execute(query)]


def read_newest(
    connection: Connection, session_key: SessionKey, *, below: int, limit: int
) -> Sequence[Recorded]:
    values = {"session": session_key, "below": below, "at_most": limit}
    return [
        Recorded(seq, moment(at), event_type, task_id, agent, size > 0)
        for seq, at, event_type, task_id, agent, size in _NEWEST.rows(connection, values)
    ]


def read_bounds(connection: Connection, session_key: SessionKey) -> Bounds | None:
    rows = _BOUNDS.rows(connection, {"session": session_key})
    return Bounds(first_seq=rows[0][0], last_seq=rows[0][1]) if rows else None


def read_tag(connection: Connection, session_key: SessionKey, seq: int) -> Tag | None:
    tag: str | None = _TAG.value(connection, {"session": session_key, "at_seq": seq})
    return None if tag is None else Tag(tag)


def read_last_seqs(
    connection: Connection, keys: Collection[SessionKey]
) -> Mapping[SessionKey, int]:
    found: dict[SessionKey, int] = {}
    for some in in_parts(keys):
        query = select(sessions.c.key, sessions.c.last_seq).where(
            sessions.c.key.in_(some),
            sessions.c.deleted_at.is_(None),
        )
        found.update((SessionKey(key), last) for key, last in connection.execute(query))
    return found


def read_seq_before(connection: Connection, session_key: SessionKey, at: datetime) -> int:
    first: int | None = connection.execute(
        select(events.c.seq)
        .where(events.c.session_key == session_key, events.c.at >= micros(at))
        .order_by(events.c.seq)
        .limit(1)
    ).scalar()
    if first is not None:
        return first - 1
    last: int | None = connection.execute(
        select(sessions.c.last_seq).where(sessions.c.key == session_key)
    ).scalar()
    return last or 0


def _without_hole(rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """The rows before the first hole, where a damaged log lost events; the next read has the rest."""
    if not rows or rows[-1][0] - rows[0][0] == len(rows) - 1:
        return rows
    first = rows[0][0]
    dense = (row for place, row in enumerate(rows) if row[0] == first + place)
    return list(dense)
