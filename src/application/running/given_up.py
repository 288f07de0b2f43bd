"""What this worker holds but does not carry out: settled as soon as the store lets it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from application.running.live_runs import LiveRuns
from application.running.lost_tasks import LostTasks
from application.running.run_signals import StopCause
from application.running.worker_settings import WorkerSettings
from domain.ids import LeaseId, TaskId
from ports.task_leases import Claim, TaskLeases


class GivenUp:
    """By leases: a task may be another run's by now, of another worker or of this one."""

    def __init__(
        self, *, settings: WorkerSettings, leases: TaskLeases, lost: LostTasks, runs: LiveRuns
    ) -> None:
        self._settings = settings
        self._leases = leases
        self._lost = lost
        self._runs = runs
        self._held: dict[LeaseId, tuple[TaskId, StopCause | None]] = {}
        self._predecessor = settings.instance
        self._settling = asyncio.Lock()
        self._is_unsure = False

    def add(self, claim: Claim, cause: StopCause | None) -> None:
        """Its run has ended without a final event; `cause` is what had stopped it."""
        self._held[claim.lease_id] = (claim.task.task_id, cause)

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Around whatever takes tasks: should it fail, some may be this worker's all the same."""
        try:
            yield
        except BaseException:
            self._is_unsure = True
            raise

    async def look_for_unheard(self) -> None:
        """Find the tasks whose taking was never answered. Not to be called while claiming."""
        if not self._is_unsure:
            return
        async with self._settling:
            known = self._known()
            held = await self._leases.heartbeat(
                self._settings.worker_id, lease_s=self._settings.lease_s
            )
            known |= self._known()
            causes = dict(self._held.values())  # of those whose taking anew was not answered
            for task_id, lease_id in held.items():
                if lease_id not in known:
                    self._held[lease_id] = (task_id, causes.get(task_id))
            self._is_unsure = False

    async def settle(self) -> None:
        async with self._settling:
            for lease_id, (task_id, cause) in tuple(self._held.items()):
                with self.taking():
                    left = await self._lost.settle_own(self._settings, task_id, lease_id, cause)
                del self._held[lease_id]
                if left is not None:
                    self.add(left, cause)
        await self.settle_predecessor()

    async def settle_predecessor(self) -> None:
        """What the worker before this one has left, once."""
        if self._predecessor is not None:
            await self.take_over(of_instance=self._predecessor)
            self._predecessor = None

    async def take_over(self, *, of_instance: str | None = None) -> None:
        """Settle what dead workers have left."""
        async with self._settling:
            with self.taking():
                left = await self._lost.settle(self._settings, of_instance=of_instance)
            for claim in left:
                self.add(claim, None)

    def _known(self) -> set[LeaseId]:
        return {run.lease_id for run in self._runs.all()} | self._held.keys()
