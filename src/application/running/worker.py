"""Runs tasks: claims them, carries them out, gives them back when it must stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from application.casting.event_broadcaster import EventBroadcaster
from application.concurrency.repeat import Chore, repeat
from application.running.agent_coordinator import AgentCoordinator
from application.running.given_up import GivenUp
from application.running.lease_keeper import LeaseKeeper
from application.running.live_runs import LiveRun, LiveRuns
from application.running.lost_tasks import LostTasks, origin_of
from application.running.run_signals import LimitHit, ShutDown
from application.running.worker_settings import WorkerSettings
from application.upkeep.storage_guard import StorageGuard
from domain.errors import AgentcastError, Unavailable
from domain.ids import TaskId
from domain.task import TaskStatus
from ports.clock import Clock
from ports.meter import Meter
from ports.process import ProcessHost
from ports.session_store import DeletedSession
from ports.task_leases import Claim, TaskLeases

log = logging.getLogger(__name__)

POLL_S = 1.0
_KILL_S = 1.5  # what a shutdown keeps for those who did not end when asked to


class Worker:
    def __init__(
        self,
        *,
        settings: WorkerSettings,
        leases: TaskLeases,
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
        self._leases = leases
        self._agents = agents
        self._broadcaster = broadcaster
        self.storage = storage
        self._clock = clock
        self._meter = meter
        self._keeper = LeaseKeeper(
            settings=settings, leases=leases, runs=self.runs, processes=processes, clock=clock
        )
        self._reserved: list[TaskId] = []
        self._work = asyncio.Event()
        self._given_up = GivenUp(settings=settings, leases=leases, lost=lost, runs=self.runs)
        self._is_draining = False
        self._is_closing = False
        storage.add_listener(lambda it: self.runs.stop_all(LimitHit(it.kind, it.message)))
        # What still ends may have output to keep, which would take the room of last words.
        storage.before_spending(lambda _: self.runs.all_obeyed(timeout_s=_KILL_S))

    def wake(self) -> None:
        """There may be something to claim, or a run to cancel."""
        self._work.set()

    def session_deleted(self, deleted: DeletedSession) -> None:
        """Its queued tasks have ended; those that run here are to see that at once."""
        for _ in range(deleted.cancelled):
            self._meter.task_ended(TaskStatus.CANCELLED, "session_deleted")
        self.wake()

    def reserve(self, task_id: TaskId) -> None:
        """Carry out this task, which was submitted for this worker alone."""
        self._reserved.append(task_id)
        self.wake()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Settle what a dead predecessor left, then work; leaving drains.

        Where the store does not let it settle, it works, and goes on trying.
        """
        try:
            await self._given_up.settle_predecessor()
        except Unavailable as error:
            log.warning("what the server before has left is not settled yet: %s", error)
        async with asyncio.TaskGroup() as runs, asyncio.TaskGroup() as loops:
            claiming = loops.create_task(
                self._repeat(self._new_work, lambda: self._work_off(runs))
            )
            chores = [
                loops.create_task(self._repeat(self._heartbeat, self._keeper.renew)),
                loops.create_task(self._repeat(_poll, self._look_after_runs)),
                loops.create_task(self._repeat(self._heartbeat, self._clean_up)),
            ]
            try:
                yield
            finally:
                await self.drain()
                self._is_closing = True
                self.wake()
                for chore in chores:
                    chore.cancel()
                # A claim that is under way must be heard out, or its tasks would be nobody's.
                await asyncio.wait((claiming,), timeout=_KILL_S)
                claiming.cancel()

    async def drain(self) -> None:
        """Claim nothing more; ask every run to end, in the end without patience."""
        if self._is_draining:
            return
        self._is_draining = True
        self.runs.stop_all(ShutDown())
        if not await self.runs.all_ended(timeout_s=self.settings.shutdown_s - _KILL_S):
            self.kill_all()
            await self.runs.all_ended(timeout_s=_KILL_S)

    def kill_all(self) -> None:
        """End every run and give none the time to end well."""
        self._broadcaster.let_go()
        self.runs.stop_all(ShutDown(is_urgent=True))

    async def _repeat(self, every: Chore, do: Chore) -> None:
        name = f"worker {self.settings.worker_id}"
        await repeat(every, do, name=name, until=lambda: self._is_closing)

    async def _new_work(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._work.wait()
        self._work.clear()

    async def _heartbeat(self) -> None:
        await asyncio.sleep(self.settings.heartbeat_s)

    async def _work_off(self, runs: asyncio.TaskGroup) -> None:
        await self._given_up.look_for_unheard()
        asked_at = self._clock.monotonic()
        with self._given_up.taking():
            claims = await self._claims()
        for claim in claims:
            task = claim.task
            if self._is_draining:
                await self._leases.requeue(claim, attempt_spent=False)
                continue
            run = LiveRun.of(claim, claimed_at=asked_at)
            self._keeper.begin(run)
            if task.started_at is not None and task.attempt == 1:
                waited = task.started_at - task.created_at
                self._meter.observe("queue_wait", waited.total_seconds())
            runs.create_task(self._carry_out(claim, run))
        await self._keeper.look_for_wishes(claimed_before=asked_at)

    async def _claims(self) -> Sequence[Claim]:
        settings, room = self.settings, self.settings.concurrency - len(self.runs)
        if self._is_draining or room <= 0 or self.storage.trouble is not None:
            return ()
        if settings.takes_any:
            return await self._leases.claim(
                settings.worker_id, limit=room, lease_s=settings.lease_s
            )
        claims: list[Claim] = []
        for task_id in self._reserved[:room]:
            claims += await self._leases.claim(
                settings.worker_id, limit=1, lease_s=settings.lease_s, only=task_id
            )
        for claim in claims:
            self._reserved.remove(claim.task.task_id)
        return claims

    async def _carry_out(self, claim: Claim, run: LiveRun) -> None:
        try:
            has_ended = await self._run_to_its_end(claim, run)
        except Exception:  # boundary: a bug in one run must not end the worker
            log.exception("task %s: the run failed", claim.task.task_id)
            has_ended = False
        if not has_ended:
            self._given_up.add(claim, run.stop.cause)
        self._keeper.end(run)
        self.wake()

    async def _run_to_its_end(self, claim: Claim, run: LiveRun) -> bool:
        """False when the task was left as it is: its lease, or the log, was lost."""
        try:
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
                await self._leases.requeue(claim, attempt_spent=False)
            return ending != "lost"
        except AgentcastError as error:
            log.warning("task %s: %s", claim.task.task_id, error)
            return False

    def _before_end(self, run: LiveRun) -> None:
        self._keeper.fence()
        run.stop.obey()

    async def _look_after_runs(self) -> None:
        self._keeper.fence()
        await self._given_up.settle()

    async def _clean_up(self) -> None:
        if self.settings.takes_any and not self._is_draining:
            await self._given_up.take_over()


async def _poll() -> None:
    await asyncio.sleep(POLL_S)
