"""Taking tasks: each gets a lease of its own, which its session's fence then names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, update

from adapters.store.store_clock import seconds, store_now
from adapters.store.tables import sessions, tasks
from adapters.store.task_rows import task_of
from domain.ids import LeaseId, SessionKey, WorkerId
from ports.task_store import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    worker_id: WorkerId
    lease_s: float
    new_lease: Callable[[], LeaseId]

    def until(self) -> ColumnElement[int]:
        return store_now() + seconds(self.lease_s)


def candidates(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Oldest first. The lock is on the sessions: who holds one decides over all of its tasks.

    Sessions that are locked by others are passed over; SQLite has one writer and no row locks.
    """
    return (
        select(tasks.c.task_id, tasks.c.session_key)
        .join(sessions, sessions.c.key == tasks.c.session_key)
        .where(*conditions)
        .order_by(tasks.c.number)
        .with_for_update(of=sessions, skip_locked=True)
    )


def take(
    connection: Connection,
    found: Select[*tuple[Any, ...]],
    taker: Taker,
    *,
    guard: ColumnElement[bool],
    columns: Mapping[str, object],
) -> Sequence[Claim]:
    """`guard` is checked again on each task, which may have changed before its session's lock."""
    claims: list[Claim] = []
    seen: set[SessionKey] = set()
    for task_id, session_key in connection.execute(found).all():
        if session_key in seen:
            continue
        claim = _taken(connection, taker, and_is(task_id, guard), columns)
        if claim is not None:
            seen.add(session_key)
            claims.append(claim)
    return claims


def and_is(task_id: str, guard: ColumnElement[bool]) -> ColumnElement[bool]:
    return (tasks.c.task_id == task_id) & guard


def was_taken(connection: Connection, claims: Sequence[Claim]) -> bool:
    if not claims:
        return False
    task = claims[0].task
    connection.execute(
        select(sessions.c.key).where(sessions.c.key == task.session_key).with_for_update()
    )
    lease = select(tasks.c.lease_id).where(tasks.c.task_id == task.task_id)
    return bool(connection.execute(lease).scalar() == claims[0].lease_id)


def _taken(
    connection: Connection,
    taker: Taker,
    which: ColumnElement[bool],
    columns: Mapping[str, object],
) -> Claim | None:
    lease_id = taker.new_lease()
    row = connection.execute(
        update(tasks)
        .where(which)
        .values(
            worker_id=taker.worker_id,
            lease_id=lease_id,
            lease_expires_at=taker.until(),
            **columns,
        )
        .returning(*tasks.c)
    ).one_or_none()
    if row is None:
        return None
    connection.execute(
        update(sessions)
        .where(sessions.c.key == row.session_key)
        .values(active_task=row.task_id, lease_id=lease_id)
    )
    return Claim(task=task_of(row), lease_id=lease_id)
