"""Leases on tasks: what a store offers a `TaskQueue` that has no engine of its own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.ids import LeaseId, TaskId, WorkerId
from ports.task_queue import Claim, TaskWishes


class TaskLeases(Protocol):
    """Each method is one transaction.

    Lease times are measured by the store's clock, so that a worker's own may be wrong.
    Any method may raise LogUnavailable when the store is out of reach.
    """

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        """Take up to `limit` of the oldest queued tasks whose sessions have no live one.

        They become `running`, their attempt goes up by one, and the session's fence names the
        new lease. No task is given to two callers.
        """

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        """Renew every lease of this worker; returns what it still holds.

        The time of the tasks that are reserved for it begins anew as well.
        """

    async def claim_lost(
        self, worker_id: WorkerId, *, lease_s: float, of_instance: str | None = None
    ) -> Sequence[Claim]:
        """Take over the live tasks of dead workers, to end or requeue them.

        Dead are workers whose lease has ended, and - with `of_instance` - those whose id begins
        with it and a dot, even if their lease has not; never this worker. Tasks reserved for another
        worker that did not claim them in time are taken as well. The old lease is void from then
        on. The attempt does not go up, and the status stays as it was (`running` for a reserved
        task).
        """

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        """Exchange the lease of a live task of this worker's own for a new one.

        None if this worker does not hold the task by that lease, even if it holds it by another.
        """

    async def requeue(self, claim: Claim, *, attempt_spent: bool) -> None:
        """Put a claimed task back into its old place in the queue. Raises LeaseLost.

        If its session was deleted meanwhile, it is cancelled instead.
        """

    async def wishes(self, worker_id: WorkerId) -> Sequence[TaskWishes]:
        """The wishes for the live tasks of this worker; tasks without one are left out."""
