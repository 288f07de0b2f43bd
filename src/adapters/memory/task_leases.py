"""The leases on tasks, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.memory.database import MemoryDatabase, SessionRow, TaskRow
from domain.errors import LeaseLost
from domain.ids import LeaseId, TaskId, WorkerId
from domain.task import TaskStatus
from ports.id_source import IdSource
from ports.task_queue import Claim, TaskWishes


class MemoryTaskLeases:
    def __init__(self, database: MemoryDatabase, *, ids: IdSource) -> None:
        self._database = self.database = database
        self._ids = ids

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        claims: list[Claim] = []
        for row in self._database.tasks.values():
            if len(claims) < limit and self._may_take(row, worker_id, only=only):
                row.task = replace(row.task, attempt=row.task.attempt + 1)
                claims.append(self._take(row, worker_id, lease_s))
        return claims

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        until = self._now() + lease_s
        held: dict[TaskId, LeaseId] = {}
        for row in self._database.tasks.values():
            if row.is_queued and row.reserved_for == worker_id:
                row.reserved_until = until
            elif row.is_live and row.lease_id and row.task.worker_id == worker_id:
                row.lease_ends = until
                held[row.task.task_id] = row.lease_id
        return held

    async def claim_lost(
        self, worker_id: WorkerId, *, lease_s: float, of_instance: str | None = None
    ) -> Sequence[Claim]:
        return [
            self._take(row, worker_id, lease_s)
            for row in self._database.tasks.values()
            if self._is_lost(row, worker_id, of_instance) or self._was_not_claimed(row, worker_id)
        ]

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        row = self._database.tasks.get(task_id)
        if row is None or not row.is_live or row.task.worker_id != worker_id:
            return None
        return self._take(row, worker_id, lease_s) if row.lease_id == lease_id else None

    async def requeue(self, claim: Claim, *, attempt_spent: bool) -> None:
        row = self._database.tasks.get(claim.task.task_id)
        if row is None or row.lease_id != claim.lease_id:
            raise LeaseLost("another runner holds this session now")
        session = self._session(row)
        session.active_task = session.lease_id = row.lease_id = None
        attempt = row.task.attempt - (not attempt_spent)
        row.task = replace(
            row.task, status=TaskStatus.QUEUED, worker_id=None, attempt=max(attempt, 0)
        )
        if session.is_deleted:
            row.task = replace(
                row.task,
                status=TaskStatus.CANCELLED,
                reason="session_deleted",
                finished_at=self._database.clock.now(),
            )

    async def wishes(self, worker_id: WorkerId) -> Sequence[TaskWishes]:
        live = (row.task for row in self._database.tasks.values() if row.is_live)
        return [
            TaskWishes(task_id=task.task_id, cancel=task.cancel, pause=task.pause)
            for task in live
            if task.worker_id == worker_id and (task.cancel or task.pause)
        ]

    def _may_take(self, row: TaskRow, worker_id: WorkerId, *, only: TaskId | None) -> bool:
        if not row.is_queued or not self._is_free(row):
            return False
        is_asked_for = self._is_next(row) if only is None else row.task.task_id == only
        return is_asked_for and row.reserved_for in (None, worker_id)

    def _is_lost(self, row: TaskRow, worker_id: WorkerId, of_instance: str | None) -> bool:
        owner = row.task.worker_id
        if not row.is_live or owner is None or owner == worker_id:
            return False
        is_of_instance = of_instance is not None and owner.startswith(f"{of_instance}.")
        return is_of_instance or row.lease_ends <= self._now()

    def _was_not_claimed(self, row: TaskRow, worker_id: WorkerId) -> bool:
        """Reserved for another worker, which did not claim it in time."""
        is_for_another = row.reserved_for not in (None, worker_id)
        is_late = row.reserved_until <= self._now()
        return row.is_queued and is_for_another and is_late and self._is_free(row)

    def _take(self, row: TaskRow, worker_id: WorkerId, lease_s: float) -> Claim:
        is_first = row.task.started_at is None
        if row.is_queued:
            row.reserved_for = None
            started_at = row.task.started_at or self._database.clock.now()
            row.task = replace(row.task, status=TaskStatus.RUNNING, started_at=started_at)
        row.task = replace(row.task, worker_id=worker_id)
        row.lease_id = self._ids.lease_id()
        row.lease_ends = self._now() + lease_s
        session = self._session(row)
        session.active_task, session.lease_id = row.task.task_id, row.lease_id
        return Claim(task=row.task, lease_id=row.lease_id, is_first=is_first)

    def _is_next(self, row: TaskRow) -> bool:
        queued = (
            other for other in self._database.tasks_of(row.task.session_key) if other.is_queued
        )
        return next(queued, None) is row

    def _is_free(self, row: TaskRow) -> bool:
        session = self._session(row)
        return session.active_task is None and not session.is_deleted

    def _session(self, row: TaskRow) -> SessionRow:
        return self._database.sessions[row.task.session_key]

    def _now(self) -> float:
        return self._database.clock.monotonic()
