"""Carries out the tasks that a queue gives it, and hands them back when it must stop."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from application.running.agent_coordinator import Ending
from application.running.live_runs import LiveRun, LiveRuns
from application.running.lost_tasks import LostTasks
from application.running.run_signals import Cancelled, LimitHit, LostLease, ShutDown, StopCause
from application.running.worker_settings import WorkerSettings
from application.upkeep.storage_guard import StorageGuard
from domain.errors import AgentcastError
from domain.ids import TaskId
from domain.task import Task, TaskStatus
from domain.task_events import TaskFailed
from ports.clock import Clock
from ports.meter import Meter
from ports.process import ProcessHost
from ports.session_store import DeletedSession
from ports.task_queue import Claim, TaskQueue, TaskWishes, Unsettled

log = logging.getLogger(__name__)

_KILL_S = 1.5  # what a shutdown keeps for those who did not end when asked to

RunTask = Callable[[Claim, LiveRun, Callable[[], None]], Awaitable[Ending]]
"""Runs a claimed task to its end, and stores its events. It calls its last argument when the agent
has ended, before the final event: that stops a run whose lease is lost. May raise AgentcastError."""


class Worker:
    """The TaskHandler of this process."""

    def __init__(
        self,
        *,
        settings: WorkerSettings,
        queue: TaskQueue,
        lost: LostTasks,
        storage: StorageGuard,
        clock: Clock,
        meter: Meter,
        processes: ProcessHost,
    ) -> None:
        self.runs = LiveRuns()
        self.settings = settings
        self._queue = queue
        self._lost = lost
        self.storage = storage
        self._clock = clock
        self._meter = meter
        self._processes = processes
        self._run_task: RunTask
        self._on_kill: Callable[[], None] = lambda: None
        self._is_draining = False
        storage.add_listener(lambda it: self.runs.stop_all(LimitHit(it.kind, it.message)))
        # Runs that are ending may still archive output, which would use up the reserve.
        storage.before_spending(lambda _: self.runs.all_agents_ended(timeout_s=_KILL_S))

    def wake(self) -> None:
        """There may be a task to begin, or a run to cancel."""
        self._queue.wake()

    def reserve(self, task_id: TaskId) -> None:
        """Carry out this task, which was submitted for this worker alone."""
        self._queue.reserve(task_id)

    def session_deleted(self, deleted: DeletedSession) -> None:
        """Its queued tasks have ended; those that run here are to see that at once."""
        for _ in range(deleted.cancelled):
            self._meter.task_ended(TaskStatus.CANCELLED, "session_deleted")
        self.wake()

    @asynccontextmanager
    async def opened(
        self, run_task: RunTask, *, on_kill: Callable[[], None]
    ) -> AsyncIterator[None]:
        """Carry out tasks until it is left; leaving drains.

        `on_kill` is called when the runs are to end without any more time.
        """
        self._run_task, self._on_kill = run_task, on_kill
        async with self._queue.work(self):
            try:
                yield
            finally:
                await self.drain()

    async def drain(self) -> None:
        """Begin nothing more; ask every run to end, in the end without patience."""
        if self._is_draining:
            return
        self._is_draining = True
        self._queue.drain()
        self.runs.stop_all(ShutDown())
        if not await self.runs.all_ended(timeout_s=self.settings.shutdown_s - _KILL_S):
            self.kill_all()
            await self.runs.all_ended(timeout_s=_KILL_S)

    def kill_all(self) -> None:
        """End every run and give none the time to end well."""
        self._on_kill()
        self.runs.stop_all(ShutDown(is_urgent=True))

    def capacity(self) -> int:
        return 0 if self.storage.trouble else self.settings.concurrency

    async def carry_out(self, claim: Claim, *, until: float) -> Unsettled | None:
        run = LiveRun.of(claim, held_until=until)
        self.runs.add(run)
        self._processes.set_deadline(run.task_id, until)  # before anything of it is started
        try:
            if await self._run_to_its_end(claim, run):
                return None
        except Exception:  # boundary: a bug in one run must not end the worker
            log.exception("task %s: the run failed", claim.task.task_id)
        finally:
            if self.runs.find(run.task_id) is run:  # else the deadline is that of a later run
                self._processes.set_deadline(run.task_id, None)
            self.runs.remove(run)
        return Unsettled(last_event=_over_limit(run.stop.cause))

    def renewed(self, claim: Claim, *, until: float) -> None:
        if run := self.runs.holding(claim.lease_id):
            run.held_until = until
            self._processes.set_deadline(run.task_id, until)

    def lost(self, claim: Claim) -> None:
        if run := self.runs.holding(claim.lease_id):
            run.stop.request(LostLease())

    def wished(self, wishes: TaskWishes) -> None:
        if wishes.cancel:
            self.runs.stop(wishes.task_id, Cancelled(wishes.cancel))
        if wishes.pause and (run := self.runs.find(wishes.task_id)):
            run.pauses.take(wishes.pause)

    async def settle(self, claim: Claim, unsettled: Unsettled) -> bool:
        return await self._lost.settle(claim, unsettled)

    async def take_over(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        return await self._lost.take_over(claims)

    async def _run_to_its_end(self, claim: Claim, run: LiveRun) -> bool:
        """False when the task was left as it is: its lease, or the log, was lost."""
        try:
            if self._is_draining:
                run.stop.note_end()
                await self._queue.hand_back(claim, attempt_spent=False)
                return True
            self._observe_wait(claim.task)
            ending = await self._run_task(claim, run, lambda: self._before_end(run))
            if ending == "handed_back":
                await self._queue.hand_back(claim, attempt_spent=False)
            return ending != "lost"
        except AgentcastError as error:
            log.warning("task %s: %s", claim.task.task_id, error)
            return False

    def _before_end(self, run: LiveRun) -> None:
        """The outcome of a run that outlived its lease does not count: its commands were killed."""
        if self._clock.monotonic() > run.held_until:
            run.stop.request(LostLease())
        run.stop.note_end()

    def _observe_wait(self, task: Task) -> None:
        if task.started_at is not None and task.attempt == 1:
            waited = task.started_at - task.created_at
            self._meter.observe("queue_wait", waited.total_seconds())


def _over_limit(cause: StopCause | None) -> TaskFailed | None:
    if not isinstance(cause, LimitHit):
        return None
    return TaskFailed(error=cause.message, reason=cause.reason, duration_ms=0)
