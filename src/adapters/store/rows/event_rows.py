"""Events as rows, and the seqs they get."""

from collections.abc import Sequence
from itertools import chain

from sqlalchemy import Connection

from adapters.store.rows.statement import InsertRows, Statement
from adapters.store.rows.store_clock import micros
from domain.ids import LeaseId, SessionKey, TaskId
from ports.event_log import EncodedEvent, StoredEvent

Row = tuple[object, ...]

_COLUMNS = ("session_key", "seq", "tag", "event_type", "task_id", "agent", "at", "body")
_INSERTS = tuple(
    InsertRows("events", _COLUMNS, count=count) for count in (256, 128, 64, 32, 16, 8, 4, 2, 1)
)
_NEXT_SEQS = Statement("""
    UPDATE sessions SET last_seq = last_seq + :count, updated_at = store_now()
    WHERE key = :session
    RETURNING last_seq
""")
_NEXT_SEQS_FENCED = Statement("""
    UPDATE sessions SET last_seq = last_seq + :count, updated_at = store_now()
    WHERE key = :session AND active_task = :task AND lease_id = :lease
    RETURNING last_seq
""")


def next_seqs_fenced(
    connection: Connection,
    session_key: SessionKey,
    *,
    task_id: TaskId,
    lease_id: LeaseId,
    count: int,
) -> int | None:
    """Take the next `count` seqs; the last of them, or None if the session has another lease."""
    values = {"session": session_key, "task": task_id, "lease": lease_id, "count": count}
    last: int | None = _NEXT_SEQS_FENCED.value(connection, values)
    return last


def append_unfenced(
    connection: Connection, session_key: SessionKey, added: Sequence[EncodedEvent]
) -> Sequence[StoredEvent]:
    """Write events that no runner wrote, without a lease. Locks the session until the commit."""
    values = {"session": session_key, "count": len(added)}
    last: int = _NEXT_SEQS.value(connection, values)
    stored = [event.at_seq(seq) for seq, event in enumerate(added, last - len(added) + 1)]
    write_rows(
        connection, [row_of(session_key, *pair) for pair in zip(added, stored, strict=True)]
    )
    return stored


def row_of(session_key: SessionKey, event: EncodedEvent, stored: StoredEvent) -> Row:
    """In the order of `_COLUMNS`."""
    return (
        session_key,
        stored.seq,
        stored.tag,
        stored.event_type,
        stored.task_id,
        stored.agent,
        micros(event.at),
        stored.body,
    )


def write_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """In as few statements as possible: each one costs more than the rows in it."""
    done = 0
    for insert in _INSERTS:
        while len(rows) - done >= insert.count:
            values = tuple(chain.from_iterable(rows[done : done + insert.count]))
            insert.run(connection, values)
            done += insert.count
