"""The table of tasks as a queue: who may take which task, and who may give it back."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, exists, func, or_, select, update

from adapters.store.leases import Taker, candidates, take
from adapters.store.store_clock import store_now
from adapters.store.tables import sessions, tasks
from adapters.store.task_rows import LIVE_STATUSES
from domain.errors import LeaseLost
from domain.ids import TaskId
from domain.task import TaskStatus
from ports.task_store import Claim

_IS_QUEUED = tasks.c.status == TaskStatus.QUEUED.value
_IS_LIVE = and_(tasks.c.finished_at.is_(None), tasks.c.status.in_(LIVE_STATUSES))
_IS_FREE = and_(sessions.c.active_task.is_(None), sessions.c.deleted_at.is_(None))
_OLDER = tasks.alias("older")
_IS_NEXT = ~exists().where(
    _OLDER.c.session_key == tasks.c.session_key,
    _OLDER.c.status == TaskStatus.QUEUED.value,
    _OLDER.c.number < tasks.c.number,
)
_NOT_RESERVED = {"reserved_for": None, "reserved_until": None}
_NO_LEASE = {"worker_id": None, "lease_id": None, "lease_expires_at": None}


def claim_queued(
    connection: Connection, taker: Taker, *, limit: int, only: TaskId | None
) -> Sequence[Claim]:
    may_take = or_(tasks.c.reserved_for.is_(None), tasks.c.reserved_for == taker.worker_id)
    which = _IS_NEXT if only is None else tasks.c.task_id == only
    return take(
        connection,
        candidates(_IS_QUEUED, may_take, which, _IS_FREE).limit(limit),
        taker,
        guard=_IS_QUEUED,
        columns={
            **_NOT_RESERVED,
            "status": TaskStatus.RUNNING.value,
            "attempt": tasks.c.attempt + 1,
            "started_at": func.coalesce(tasks.c.started_at, store_now()),
        },
    )


def claim_lost(
    connection: Connection, taker: Taker, *, of_instance: str | None
) -> Sequence[Claim]:
    return [
        *_take_live(connection, taker, of_instance=of_instance),
        *_take_reserved(connection, taker),
    ]


def renew(connection: Connection, taker: Taker) -> Sequence[TaskId]:
    """Also of the tasks that wait for this worker: it is alive to claim them."""
    connection.execute(
        update(tasks)
        .where(_IS_QUEUED, tasks.c.finished_at.is_(None), tasks.c.reserved_for == taker.worker_id)
        .values(reserved_until=taker.until())
    )
    held = connection.execute(
        update(tasks)
        .where(_IS_LIVE, tasks.c.worker_id == taker.worker_id)
        .values(lease_expires_at=taker.until())
        .returning(tasks.c.task_id)
    ).scalars()
    return [TaskId(task_id) for task_id in held]


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


def _take_live(
    connection: Connection, taker: Taker, *, of_instance: str | None
) -> Sequence[Claim]:
    is_dead = tasks.c.lease_expires_at <= store_now()
    if of_instance is not None:
        prefix = f"{of_instance}."
        is_dead = or_(is_dead, func.substr(tasks.c.worker_id, 1, len(prefix)) == prefix)
    is_lost = and_(_IS_LIVE, tasks.c.worker_id != taker.worker_id, is_dead)
    is_active = sessions.c.active_task == tasks.c.task_id
    return take(connection, candidates(is_lost, is_active), taker, guard=is_lost, columns={})


def _take_reserved(connection: Connection, taker: Taker) -> Sequence[Claim]:
    was_not_claimed = and_(
        _IS_QUEUED,
        tasks.c.finished_at.is_(None),
        tasks.c.reserved_for != taker.worker_id,
        tasks.c.reserved_until <= store_now(),
    )
    return take(
        connection,
        candidates(was_not_claimed, _IS_FREE),
        taker,
        guard=was_not_claimed,
        columns={
            **_NOT_RESERVED,
            "status": TaskStatus.RUNNING.value,
            "started_at": func.coalesce(tasks.c.started_at, store_now()),
        },
    )
