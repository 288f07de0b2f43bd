"""The leases on tasks, on SQL."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, case, select, update

from adapters.store.database import Database
from adapters.store.rows.statement import Statement
from adapters.store.rows.store_clock import store_now
from adapters.store.rows.task_rows import pause_of_column
from adapters.store.schema.tables import sessions, tasks
from adapters.store.tasks import claims
from adapters.store.tasks.claims import IS_LIVE, IS_QUEUED, LEASE_END, Taker
from domain.errors import LeaseLost
from domain.ids import LeaseId, TaskId, WorkerId
from domain.task import CancelIntent, TaskStatus
from ports.id_source import IdSource
from ports.task_queue import Claim, TaskWishes

_NO_LEASE = {"worker_id": None, "lease_id": None, "lease_expires_at": None}


class SqlTaskLeases:
    def __init__(self, database: Database, *, ids: IdSource) -> None:
        self._database = self.database = database
        self._ids = ids

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        taker = self._taker(worker_id, lease_s)
        return await self._database.write(
            lambda c: claims.claim_queued(c, taker, limit=limit, only=only),
            was_done=claims.was_taken,
        )

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        taker = self._taker(worker_id, lease_s)
        return await self._database.write(lambda c: _renew(c, taker))

    async def claim_lost(
        self, worker_id: WorkerId, *, lease_s: float, of_instance: str | None = None
    ) -> Sequence[Claim]:
        taker = self._taker(worker_id, lease_s)
        return await self._database.write(
            lambda c: claims.claim_lost(c, taker, of_instance=of_instance),
            was_done=claims.was_taken,
        )

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        taker = self._taker(worker_id, lease_s)
        taken = await self._database.write(
            lambda c: claims.reclaim(c, taker, task_id, lease_id), was_done=claims.was_taken
        )
        return taken[0] if taken else None

    async def requeue(self, claim: Claim, *, attempt_spent: bool) -> None:
        await self._database.write(
            lambda c: _give_back(c, claim, attempt_spent=attempt_spent),
            was_done=lambda c, _: _was_given_back(c, claim),
        )

    async def wishes(self, worker_id: WorkerId) -> Sequence[TaskWishes]:
        return await self._database.read(lambda c: _wishes_for(c, worker_id))

    def _taker(self, worker_id: WorkerId, lease_s: float) -> Taker:
        return Taker(worker_id=worker_id, lease_s=lease_s, new_lease=self._ids.lease_id)


def _renew(connection: Connection, taker: Taker) -> Mapping[TaskId, LeaseId]:
    """Also of the tasks that wait for this worker: it is alive to claim them."""
    _KEEP_RESERVED.run(connection, taker.values())
    rows = _KEEP_LEASES.rows(connection, taker.values())
    return {TaskId(task_id): LeaseId(lease_id) for task_id, lease_id in rows}


def _give_back(connection: Connection, claim: Claim, *, attempt_spent: bool) -> None:
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


def _was_given_back(connection: Connection, claim: Claim) -> bool:
    key = sessions.c.key == claim.task.session_key
    connection.execute(select(sessions.c.key).where(key).with_for_update())
    lease = select(tasks.c.lease_id).where(tasks.c.task_id == claim.task.task_id)
    return bool(connection.execute(lease).scalar() != claim.lease_id)


def _wishes_for(connection: Connection, worker_id: WorkerId) -> Sequence[TaskWishes]:
    return [
        TaskWishes(
            task_id=TaskId(task_id),
            cancel=CancelIntent(mode=mode, reason=reason, by=by) if mode else None,
            pause=pause_of_column(wish),
        )
        for task_id, mode, reason, by, wish in _WISHES.rows(connection, {"worker": worker_id})
    ]


_KEEP_RESERVED = Statement(f"""
    UPDATE tasks SET reserved_until = {LEASE_END}
    WHERE {IS_QUEUED} AND reserved_for = :taker
""")
# Locked in the order in which a batch of appends locks what it ends: otherwise the two deadlock.
_KEEP_LEASES = Statement(f"""
    UPDATE tasks SET lease_expires_at = {LEASE_END}
    WHERE task_id IN (
        SELECT task_id FROM tasks
        WHERE {IS_LIVE} AND worker_id = :taker
        ORDER BY session_key
        FOR UPDATE
    )
    RETURNING task_id, lease_id
""")
_WISHES = Statement(f"""
    SELECT task_id, cancel_mode, cancel_reason, cancel_by, pause_wish FROM tasks
    WHERE {IS_LIVE} AND worker_id = :worker
      AND (cancel_mode IS NOT NULL OR pause_wish IS NOT NULL)
""")
