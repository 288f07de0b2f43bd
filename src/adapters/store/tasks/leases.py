"""Taking tasks: each gets a lease of its own, which its session's fence then names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Update,
    bindparam,
    select,
    update,
)

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.store_clock import seconds, store_now
from adapters.store.rows.task_rows import driver_row, task_of
from adapters.store.schema.tables import sessions, tasks
from domain.ids import LeaseId, SessionKey, WorkerId
from ports.task_store import Claim

TAKER = bindparam("taker", type_=tasks.c.worker_id.type)
LEASE_END = store_now() + bindparam("lease_us", type_=BigInteger)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    worker_id: WorkerId
    lease_s: float
    new_lease: Callable[[], LeaseId]

    def values(self) -> dict[str, object]:
        return {"taker": self.worker_id, "lease_us": seconds(self.lease_s)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Which tasks may be taken, and the taking of one of them."""

    find: Prepared
    take: Prepared
    """Checks again: a task may have changed before its session was locked."""


def taking(
    *,
    which: ColumnElement[bool],
    of_sessions: ColumnElement[bool],
    columns: Mapping[str, object],
    waits: bool = False,
) -> Taking:
    """`waits`: for sessions that are locked by others, which are passed over otherwise."""
    return Taking(
        find=Prepared(lambda: candidates(which, of_sessions, waits=waits)),
        take=Prepared(lambda: _take(which, columns)),
    )


def candidates(*conditions: ColumnElement[bool], waits: bool) -> Select[*tuple[Any, ...]]:
    """Oldest first. The lock is on the sessions: who holds one decides over all of its tasks.

    SQLite has one writer and no row locks.
    """
    return (
        select(tasks.c.task_id, tasks.c.session_key, tasks.c.started_at)
        .join(sessions, sessions.c.key == tasks.c.session_key)
        .where(*conditions)
        .order_by(tasks.c.number)
        .limit(bindparam("at_most", type_=BigInteger))
        .with_for_update(of=sessions, skip_locked=not waits)
    )


def take_all(
    connection: Connection, how: Taking, taker: Taker, values: Mapping[str, object]
) -> Sequence[Claim]:
    """At most one of each session."""
    claims: list[Claim] = []
    seen: set[SessionKey] = set()
    shared = {**taker.values(), **values}
    for task_id, session_key, started_at in how.find.rows(connection, shared):
        if session_key in seen:
            continue
        lease_id = taker.new_lease()
        values_of_one = {**shared, "of_task": task_id, "lease": lease_id}
        for row in how.take.rows(connection, values_of_one):
            _SET_FENCE.run(connection, {**values_of_one, "session": session_key})
            seen.add(session_key)
            task = task_of(driver_row(row))
            claims.append(Claim(task=task, lease_id=lease_id, is_first=started_at is None))
    return claims


def was_taken(connection: Connection, claims: Sequence[Claim]) -> bool:
    if not claims:
        return False
    task = claims[0].task
    connection.execute(
        select(sessions.c.key).where(sessions.c.key == task.session_key).with_for_update()
    )
    lease = select(tasks.c.lease_id).where(tasks.c.task_id == task.task_id)
    return bool(connection.execute(lease).scalar() == claims[0].lease_id)


def _take(which: ColumnElement[bool], columns: Mapping[str, object]) -> Update:
    return (
        update(tasks)
        .where(tasks.c.task_id == bindparam("of_task"), which)
        .values(
            worker_id=TAKER, lease_id=bindparam("lease"), lease_expires_at=LEASE_END, **columns
        )
        .returning(*tasks.c)
    )


_SET_FENCE = Prepared(
    lambda: (
        update(sessions)
        .where(sessions.c.key == bindparam("session"))
        .values(active_task=bindparam("of_task"), lease_id=bindparam("lease"))
    )
)
