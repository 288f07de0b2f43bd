"""Events as rows, and the numbers they get."""

from collections.abc import Mapping, Sequence
from itertools import chain

from sqlalchemy import Connection, bindparam, insert, update

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.store_clock import micros, store_now
from adapters.store.schema.tables import events, sessions
from domain.ids import LeaseId, SessionKey, TaskId
from ports.event_log import EncodedEvent, StoredEvent

Row = tuple[object, ...]

_ROWS_AT_ONCE = (256, 128, 64, 32, 16, 8, 4, 2, 1)


_INSERTS: Mapping[int, Prepared] = {
    count: Prepared(lambda: insert(events), rows=count) for count in _ROWS_AT_ONCE
}

_ALLOT = Prepared(
    lambda: (
        update(sessions)
        .where(sessions.c.key == bindparam("session"))
        .values(last_seq=sessions.c.last_seq + bindparam("count"), updated_at=store_now())
        .returning(sessions.c.last_seq)
    )
)
_ALLOT_FENCED = Prepared(
    lambda: (
        update(sessions)
        .where(
            sessions.c.key == bindparam("session"),
            sessions.c.active_task == bindparam("task"),
            sessions.c.lease_id == bindparam("lease"),
        )
        .values(last_seq=sessions.c.last_seq + bindparam("count"), updated_at=store_now())
        .returning(sessions.c.last_seq)
    )
)


def allot_fenced(
    connection: Connection,
    session_key: SessionKey,
    *,
    task_id: TaskId,
    lease_id: LeaseId,
    count: int,
) -> int | None:
    """The last of `count` new seqs; None if the session's fence names another lease."""
    values = {"session": session_key, "task": task_id, "lease": lease_id, "count": count}
    last: int | None = _ALLOT_FENCED.value(connection, values)
    return last


def append_unfenced(
    connection: Connection, session_key: SessionKey, added: Sequence[EncodedEvent]
) -> Sequence[StoredEvent]:
    """Write what does not come from a runner. It also locks the session against other writers."""
    values = {"session": session_key, "count": len(added)}
    last: int = _ALLOT.value(connection, values)
    stored = [event.at_seq(seq) for seq, event in enumerate(added, last - len(added) + 1)]
    write_rows(
        connection, [row_of(session_key, *pair) for pair in zip(added, stored, strict=True)]
    )
    return stored


def row_of(session_key: SessionKey, event: EncodedEvent, stored: StoredEvent) -> Row:
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
    """In as few statements as there can be: each one costs more than the rows in it."""
    done = 0
    for count in _ROWS_AT_ONCE:
        while len(rows) - done >= count:
            values = tuple(chain.from_iterable(rows[done : done + count]))
            _INSERTS[count].run_in_order(connection, values)
            done += count
