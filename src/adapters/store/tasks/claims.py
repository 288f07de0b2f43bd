"""Claiming tasks: which ones may be taken, and the lease that each gets, its session's fence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.store_clock import seconds, store_now
from adapters.store.rows.task_rows import LIVE_STATUSES, driver_row, task_of
from adapters.store.schema.tables import sessions, tasks
from domain.ids import LeaseId, SessionKey, TaskId, WorkerId
from domain.task import TaskStatus
from ports.task_leases import Claim

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
class _Taking:
    """One way of taking tasks: finds candidates, then takes them one by one."""

    find: Prepared
    take: Prepared
    """Checks again: a task may have changed before its session was locked."""


def claim_queued(
    connection: Connection, taker: Taker, *, limit: int, only: TaskId | None
) -> Sequence[Claim]:
    how = _NEXT if only is None else _ONLY
    return _take_all(connection, how, taker, {"at_most": limit, "only": only})


def claim_lost(
    connection: Connection, taker: Taker, *, of_instance: str | None
) -> Sequence[Claim]:
    prefix = None if of_instance is None else f"{of_instance}."
    values = {
        "at_most": _LOST_AT_ONCE,
        "prefix": prefix,
        "prefix_chars": None if prefix is None else len(prefix),
    }
    lost = _take_all(connection, _LOST, taker, values)
    return [*lost, *_take_all(connection, _LEFT, taker, values)]


def reclaim(
    connection: Connection, taker: Taker, task_id: TaskId, lease_id: LeaseId
) -> Sequence[Claim]:
    values = {"at_most": 1, "only": task_id, "former_lease": lease_id}
    return _take_all(connection, _OWN, taker, values)


def was_taken(connection: Connection, claims: Sequence[Claim]) -> bool:
    if not claims:
        return False
    task = claims[0].task
    connection.execute(
        select(sessions.c.key).where(sessions.c.key == task.session_key).with_for_update()
    )
    lease = select(tasks.c.lease_id).where(tasks.c.task_id == task.task_id)
    return bool(connection.execute(lease).scalar() == claims[0].lease_id)


def _take_all(
    connection: Connection, how: _Taking, taker: Taker, values: Mapping[str, object]
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


def _taking(
    *,
    which: ColumnElement[bool],
    of_sessions: ColumnElement[bool],
    columns: Mapping[str, object],
    waits: bool = False,
) -> _Taking:
    """Without `waits`, sessions that others have locked are passed over."""
    return _Taking(
        find=Prepared(lambda: _candidates(which, of_sessions, waits=waits)),
        take=Prepared(lambda: _take(which, columns)),
    )


def _candidates(*conditions: ColumnElement[bool], waits: bool) -> Select[*tuple[Any, ...]]:
    """Oldest first. Sessions are locked, which covers all of their tasks; SQLite has one writer."""
    return (
        select(tasks.c.task_id, tasks.c.session_key, tasks.c.started_at)
        .join(sessions, sessions.c.key == tasks.c.session_key)
        .where(*conditions)
        .order_by(tasks.c.number)
        .limit(bindparam("at_most", type_=BigInteger))
        .with_for_update(of=sessions, skip_locked=not waits)
    )


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


_IS_UNFINISHED = tasks.c.finished_at.is_(None)  # what the queue's small indexes hold
IS_QUEUED = and_(_IS_UNFINISHED, tasks.c.status == TaskStatus.QUEUED.value)
IS_LIVE = and_(_IS_UNFINISHED, or_(*(tasks.c.status == status for status in LIVE_STATUSES)))
_IS_FREE = and_(sessions.c.active_task.is_(None), sessions.c.deleted_at.is_(None))
_OLDER = tasks.alias("older")
_IS_NEXT = ~exists().where(
    _OLDER.c.session_key == tasks.c.session_key,
    _OLDER.c.status == TaskStatus.QUEUED.value,
    _OLDER.c.finished_at.is_(None),
    _OLDER.c.number < tasks.c.number,
)
_MAY_TAKE = or_(tasks.c.reserved_for.is_(None), tasks.c.reserved_for == TAKER)
_IS_DEAD = or_(
    tasks.c.lease_expires_at <= store_now(),
    # No instance given: the comparison is with NULL, and never true.
    func.substr(tasks.c.worker_id, 1, bindparam("prefix_chars", type_=Integer))
    == bindparam("prefix", type_=String),
)
_WAS_NOT_CLAIMED = and_(tasks.c.reserved_for != TAKER, tasks.c.reserved_until <= store_now())
_TO_RUNNING: Mapping[str, object] = {
    "status": TaskStatus.RUNNING.value,
    "started_at": func.coalesce(tasks.c.started_at, store_now()),
    "reserved_for": None,
    "reserved_until": None,
}
_NEW_ATTEMPT = {**_TO_RUNNING, "attempt": tasks.c.attempt + 1}

_NEXT = _taking(
    which=and_(IS_QUEUED, _MAY_TAKE),
    of_sessions=and_(_IS_FREE, _IS_NEXT),
    columns=_NEW_ATTEMPT,
)
_ONLY = _taking(
    which=and_(IS_QUEUED, _MAY_TAKE, tasks.c.task_id == bindparam("only")),
    of_sessions=_IS_FREE,
    columns=_NEW_ATTEMPT,
)
_LOST = _taking(
    which=and_(IS_LIVE, tasks.c.worker_id != TAKER, _IS_DEAD),
    of_sessions=sessions.c.active_task == tasks.c.task_id,
    columns={},
)
_OWN = _taking(
    which=and_(
        IS_LIVE,
        tasks.c.worker_id == TAKER,
        tasks.c.task_id == bindparam("only"),
        tasks.c.lease_id == bindparam("former_lease"),
    ),
    of_sessions=sessions.c.active_task == tasks.c.task_id,
    columns={},
    waits=True,  # it is asked for once: a task that is passed over would stay as it is
)
_LEFT = _taking(which=and_(IS_QUEUED, _WAS_NOT_CLAIMED), of_sessions=_IS_FREE, columns=_TO_RUNNING)
_LOST_AT_ONCE = 1_000
