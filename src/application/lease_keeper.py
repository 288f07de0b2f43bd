"""Keeps the leases of the runs of one worker, and stops those whose lease it cannot keep."""

from application.live_runs import LiveRuns
from application.stop_signal import Cancelled, LostLease
from application.worker_settings import WorkerSettings
from ports.clock import Clock
from ports.task_store import TaskStore

_LEASE_PART = 5 / 6  # of a lease; after that this worker gives up, before others take over


class LeaseKeeper:
    def __init__(
        self, *, settings: WorkerSettings, tasks: TaskStore, runs: LiveRuns, clock: Clock
    ) -> None:
        self._settings = settings
        self._tasks = tasks
        self._runs = runs
        self._clock = clock
        self._renewed_at = clock.monotonic()

    async def renew(self) -> None:
        """Renew every lease; a run whose lease another has taken is stopped."""
        asked_at = self._clock.monotonic()
        held = await self._tasks.heartbeat(
            self._settings.worker_id, lease_s=self._settings.lease_s
        )
        self._renewed_at = asked_at
        for run in self._runs.all():
            if run.claimed_at < asked_at and run.task_id not in held:
                run.stop.request(LostLease())

    def fence(self) -> None:
        """Stop the runs whose lease was not renewed in time, by this process's own clock."""
        now, patience = self._clock.monotonic(), self._settings.lease_s * _LEASE_PART
        for run in self._runs.all():
            if now - max(self._renewed_at, run.claimed_at) > patience:
                run.stop.request(LostLease())

    async def look_for_wishes(self) -> None:
        """Stop, pause or resume the runs for which someone wished it through another process."""
        if not self._runs.all():
            return
        for wishes in await self._tasks.wishes(self._settings.worker_id):
            if wishes.cancel:
                self._runs.stop(wishes.task_id, Cancelled(wishes.cancel))
            if wishes.pause and (run := self._runs.find(wishes.task_id)):
                run.pauses.take(wishes.pause)
