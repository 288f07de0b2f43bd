"""Keeps the leases of the runs of one worker, and stops those whose lease it cannot keep.

The runs are stopped here; their commands also by what watches deadlines for the process host,
which does so when this process is stopped.
"""

from application.running.live_runs import LiveRun, LiveRuns
from application.running.run_signals import Cancelled, LostLease
from application.running.worker_settings import WorkerSettings
from ports.clock import Clock
from ports.process import ProcessHost
from ports.task_leases import TaskLeases

_LEASE_PART = 5 / 6  # of a lease; after that this worker gives up, before others take over


class LeaseKeeper:
    def __init__(
        self,
        *,
        settings: WorkerSettings,
        leases: TaskLeases,
        runs: LiveRuns,
        processes: ProcessHost,
        clock: Clock,
    ) -> None:
        self._patience_s = settings.lease_s * _LEASE_PART
        self._settings = settings
        self._leases = leases
        self._runs = runs
        self._processes = processes
        self._clock = clock
        self._renewed_at = clock.monotonic()

    def begin(self, run: LiveRun) -> None:
        """To be called before anything of the run is started."""
        self._runs.add(run)
        self._processes.set_deadline(run.task_id, run.claimed_at + self._patience_s)

    def end(self, run: LiveRun) -> None:
        if self._runs.find(run.task_id) is run:  # else the deadline is that of a later run
            self._processes.set_deadline(run.task_id, None)
        self._runs.remove(run)

    async def renew(self) -> None:
        """Renew every lease; a run whose lease another has taken is stopped.

        One that came too late to be sure of, too: its commands are dead, and it is not revived.
        """
        self.fence()
        # A claim that is under way may be committed behind the renewal and be begun before its
        # answer: the renewal says nothing of such a run.
        begun = frozenset(self._runs.all())
        asked_at = self._clock.monotonic()
        held = await self._leases.heartbeat(
            self._settings.worker_id, lease_s=self._settings.lease_s
        )
        self._renewed_at = asked_at
        for run in begun.intersection(self._runs.all()):
            if held.get(run.task_id) != run.lease_id:
                run.stop.request(LostLease())
            elif not isinstance(run.stop.cause, LostLease):
                self._processes.set_deadline(run.task_id, asked_at + self._patience_s)

    def fence(self) -> None:
        """Stop the runs whose lease was not renewed in time, by this process's own clock."""
        now = self._clock.monotonic()
        for run in self._runs.all():
            if now - max(self._renewed_at, run.claimed_at) > self._patience_s:
                run.stop.request(LostLease())

    async def look_for_wishes(self, *, claimed_before: float) -> None:
        """Stop, pause or resume the runs for which someone wished it through another process.

        With the claim of a run comes what was wished of it until then.
        """
        if all(run.claimed_at >= claimed_before for run in self._runs.all()):
            return
        for wishes in await self._leases.wishes(self._settings.worker_id):
            if wishes.cancel:
                self._runs.stop(wishes.task_id, Cancelled(wishes.cancel))
            if wishes.pause and (run := self._runs.find(wishes.task_id)):
                run.pauses.take(wishes.pause)
