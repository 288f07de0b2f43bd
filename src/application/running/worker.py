"""Carries out the tasks that a queue gives it, and hands them back when it must stop."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from application.casting.event_broadcaster import EventBroadcaster
from application.running.agent_coordinator import AgentCoordinator
from application.running.live_runs import LiveRun, LiveRuns
from application.running.lost_tasks import LostTasks, origin_of
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


class Worker:
    """The TaskHandler of this process."""

    def __init__(
        self,
        *,
        settings: WorkerSettings,
        queue: TaskQueue,
        agents: AgentCoordinator,
        broadcaster: EventBroadcaster,
        lost: LostTasks,
        storage: StorageGuard,
        clock: Clock,
        meter: Meter,
        processes: ProcessHost,
    ) -> None:
        self.runs = LiveRuns()
        self.settings = settings
        self._queue = queue
        self._agents = agents
        self._broadcaster = broadcaster
        self._lost = lost
        self.storage = storage
        self._clock = clock
        self._meter = meter
        self._processes = processes
        self._is_draining = False
        storage.add_listener(lambda it: self.runs.stop_all(LimitHit(it.kind, it.message)))
        # What still ends may have output to keep, which would take the room of last words.
        storage.before_spending(lambda _: self.runs.all_obeyed(timeout_s=_KILL_S))

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
    async def opened(self) -> AsyncIterator[None]:
        """Carry out tasks until it is left; leaving drains."""
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
        self._broadcaster.let_go()
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
                run.stop.obey()
                await self._queue.hand_back(claim, attempt_spent=False)
                return True
            self._observe_wait(claim.task)
            async with self._broadcaster.sink(origin_of(claim)) as sink:
                try:
                    ending = await self._agents.run(
                        claim.task,
                        sink=sink,
                        stop=run.stop,
                        pauses=run.pauses,
                        is_first=claim.is_first,
                        before_end=lambda: self._before_end(run),
                    )
                finally:
                    run.stop.obey()
            if ending == "handed_back":
                await self._queue.hand_back(claim, attempt_spent=False)
            return ending != "lost"
        except AgentcastError as error:
            log.warning("task %s: %s", claim.task.task_id, error)
            return False

    def _before_end(self, run: LiveRun) -> None:
        """How a run ends after its time is not believed: its commands were killed by then."""
        if self._clock.monotonic() > run.held_until:
            run.stop.request(LostLease())
        run.stop.obey()

    def _observe_wait(self, task: Task) -> None:
        if task.started_at is not None and task.attempt == 1:
            waited = task.started_at - task.created_at
            self._meter.observe("queue_wait", waited.total_seconds())


def _over_limit(cause: StopCause | None) -> TaskFailed | None:
    if not isinstance(cause, LimitHit):
        return None
    return TaskFailed(error=cause.message, reason=cause.reason, duration_ms=0)
