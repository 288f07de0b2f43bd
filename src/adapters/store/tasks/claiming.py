"""The table of tasks as a queue: who may take which task, and who may give it back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.store_clock import store_now
from adapters.store.rows.task_rows import LIVE_STATUSES
from adapters.store.schema.tables import sessions, tasks
from adapters.store.tasks.leases import LEASE_END, TAKER, Taker, take_all, taking
from domain.errors import LeaseLost
from domain.ids import LeaseId, TaskId
from domain.task import TaskStatus
from ports.task_store import Claim

_IS_UNFINISHED = tasks.c.finished_at.is_(None)  # what the queue's small indexes hold
_IS_QUEUED = and_(_IS_UNFINISHED, tasks.c.status == TaskStatus.QUEUED.value)
_IS_LIVE = and_(_IS_UNFINISHED, or_(*(tasks.c.status == status for status in LIVE_STATUSES)))
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
_NO_LEASE = {"worker_id": None, "lease_id": None, "lease_expires_at": None}

_NEXT = taking(
    which=and_(_IS_QUEUED, _MAY_TAKE),
    of_sessions=and_(_IS_FREE, _IS_NEXT),
    columns=_NEW_ATTEMPT,
)
_ONLY = taking(
    which=and_(_IS_QUEUED, _MAY_TAKE, tasks.c.task_id == bindparam("only")),
    of_sessions=_IS_FREE,
    columns=_NEW_ATTEMPT,
)
_LOST = taking(
    which=and_(_IS_LIVE, tasks.c.worker_id != TAKER, _IS_DEAD),
    of_sessions=sessions.c.active_task == tasks.c.task_id,
    columns={},
)
_OWN = taking(
    which=and_(
        _IS_LIVE,
        tasks.c.worker_id == TAKER,
        tasks.c.task_id == bindparam("only"),
        tasks.c.lease_id == bindparam("former_lease"),
    ),
    of_sessions=sessions.c.active_task == tasks.c.task_id,
    columns={},
    waits=True,  # it is asked for once: a task that is passed over would stay as it is
)
_LEFT = taking(which=and_(_IS_QUEUED, _WAS_NOT_CLAIMED), of_sessions=_IS_FREE, columns=_TO_RUNNING)
_LOST_AT_ONCE = 1_000


def claim_queued(
    connection: Connection, taker: Taker, *, limit: int, only: TaskId | None
) -> Sequence[Claim]:
    how = _NEXT if only is None else _ONLY
    return take_all(connection, how, taker, {"at_most": limit, "only": only})


def claim_lost(
    connection: Connection, taker: Taker, *, of_instance: str | None
) -> Sequence[Claim]:
    prefix = None if of_instance is None else f"{of_instance}."
    values = {
        "at_most": _LOST_AT_ONCE,
        "prefix": prefix,
        "prefix_chars": None if prefix is None else len(prefix),
    }
    lost = take_all(connection, _LOST, taker, values)
    return [*lost, *take_all(connection, _LEFT, taker, values)]


def reclaim(
    connection: Connection, taker: Taker, task_id: TaskId, lease_id: LeaseId
) -> Sequence[Claim]:
    values = {"at_most": 1, "only": task_id, "former_lease": lease_id}
    return take_all(connection, _OWN, taker, values)


def renew(connection: Connection, taker: Taker) -> Mapping[TaskId, LeaseId]:
    """Also of the tasks that wait for this worker: it is alive to claim them."""
    _KEEP_RESERVED.run(connection, taker.values())
    rows = _KEEP_LEASES.rows(connection, taker.values())
    return {TaskId(task_id): LeaseId(lease_id) for task_id, lease_id in rows}


def give_back(connection: Connection, claim: Claim, *, attempt_spent: bool) -> None:
    """To the queue, or out of it if the session was deleted meanwhile."""
    freed = connection.execute(
        update(sessions)
        .where(
            sessions.c.key == claim.task.session_key,
            sessions.c.active_task == claim.task.task_id,
            sessions.c.lease_id == claim.lease_id,
        )
        .values(active_task=None, lease_id=None)
        .returning(sessions.c.deleted_at)
    ).one_or_none()
    if freed is None:
        raise LeaseLost("another runner holds this session now")
    status: dict[str, object] = {"status": TaskStatus.QUEUED.value}
    if freed.deleted_at is not None:
        status = {"status": TaskStatus.CANCELLED.value, "reason": "session_deleted"}
        status["finished_at"] = store_now()
    if not attempt_spent:
        status["attempt"] = case((tasks.c.attempt > 0, tasks.c.attempt - 1), else_=0)
    connection.execute(
        update(tasks).where(tasks.c.task_id == claim.task.task_id).values(**_NO_LEASE, **status)
    )


def was_given_back(connection: Connection, claim: Claim) -> bool:
    key = sessions.c.key == claim.task.session_key
    connection.execute(select(sessions.c.key).where(key).with_for_update())
    lease = select(tasks.c.lease_id).where(tasks.c.task_id == claim.task.task_id)
    return bool(connection.execute(lease).scalar() != claim.lease_id)


_KEEP_RESERVED = Prepared(
    lambda: (
        update(tasks)
        .where(_IS_QUEUED, tasks.c.reserved_for == TAKER)
        .values(reserved_until=LEASE_END)
    )
)
# In the order in which a batch of appends locks what it ends: else the two wait for each other.
_LEASED = (
    select(tasks.c.task_id)
    .where(_IS_LIVE, tasks.c.worker_id == TAKER)
    .order_by(tasks.c.session_key)
    .with_for_update()
    .correlate(None)
)
_KEEP_LEASES = Prepared(
    lambda: (
        update(tasks)
        .where(tasks.c.task_id.in_(_LEASED))
        .values(lease_expires_at=LEASE_END)
        .returning(tasks.c.task_id, tasks.c.lease_id)
    )
)
