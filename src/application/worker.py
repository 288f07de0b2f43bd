"""Runs tasks: claims them, carries them out, gives them back when it must stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from application.agent_coordinator import AgentCoordinator
from application.event_broadcaster import EventBroadcaster
from application.lease_keeper import LeaseKeeper
from application.live_runs import LiveRun, LiveRuns
from application.lost_tasks import LostTasks, origin_of
from application.stop_signal import Cancelled, LimitHit, LostLease, ShutDown
from application.worker_settings import WorkerSettings
from domain.errors import AgentcastError, StorageFull, Unavailable
from domain.events import EventListener, Origin
from domain.ids import TaskId
from ports.clock import Clock
from ports.meter import Meter
from ports.task_store import Claim, TaskStore

log = logging.getLogger(__name__)

POLL_S = 1.0
_KILL_S = 1.5  # what a shutdown keeps for those who did not end when asked to


class Worker:
    def __init__(
        self,
        *,
        settings: WorkerSettings,
        tasks: TaskStore,
        agents: AgentCoordinator,
        broadcaster: EventBroadcaster,
        lost: LostTasks,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.runs = LiveRuns()
        self.settings = settings
        self._tasks = tasks
        self._agents = agents
        self._broadcaster = broadcaster
        self._lost = lost
        self._clock = clock
        self._meter = meter
        self._leases = LeaseKeeper(settings=settings, tasks=tasks, runs=self.runs, clock=clock)
        self._listeners: list[EventListener] = [broadcaster]
        self._reserved: list[TaskId] = []
        self._work = asyncio.Event()
        self._is_draining = False
        broadcaster.add_failure_listener(self._log_failed)

    def add_listener(self, listener: EventListener) -> None:
        """Told of every event of every run here, after the log has accepted it."""
        self._listeners.append(listener)

    def wake(self) -> None:
        """There may be something to claim, or a run to cancel."""
        self._work.set()

    def reserve(self, task_id: TaskId) -> None:
        """Carry out this task, which was submitted for this worker alone."""
        self._reserved.append(task_id)
        self.wake()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Settle what a dead predecessor left, then work; leaving drains."""
        if self.settings.instance:
            await self._lost.settle(self.settings, of_instance=self.settings.instance)
        async with asyncio.TaskGroup() as runs, asyncio.TaskGroup() as loops:
            chores = [
                loops.create_task(self._repeat(lambda: self._work_off(runs), self._new_work)),
                loops.create_task(self._repeat(self._leases.renew, self._heartbeat)),
                loops.create_task(self._repeat(self._fence, _poll)),
                loops.create_task(self._repeat(self._clean_up, self._heartbeat)),
            ]
            try:
                yield
            finally:
                await self.drain()
                for chore in chores:
                    chore.cancel()

    async def drain(self) -> None:
        """Claim nothing more; ask every run to end, in the end without patience."""
        self._is_draining = True
        self.runs.stop_all(ShutDown())
        if not await self.runs.all_ended(timeout_s=self.settings.shutdown_s - _KILL_S):
            self.kill_all()
            await self.runs.all_ended(timeout_s=_KILL_S)

    def kill_all(self) -> None:
        """End every run and give none the time to end well."""
        self.runs.stop_all(ShutDown(is_urgent=True))

    async def _repeat(
        self, chore: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            try:
                await chore()
            except Unavailable as error:
                log.warning("worker %s: %s", self.settings.worker_id, error)
            except Exception:  # boundary: one failed round of a chore must not end the worker
                log.exception("worker %s: a chore failed", self.settings.worker_id)
            await pause()

    async def _new_work(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._work.wait()
        self._work.clear()

    async def _heartbeat(self) -> None:
        await asyncio.sleep(self.settings.heartbeat_s)

    async def _work_off(self, runs: asyncio.TaskGroup) -> None:
        await self._leases.look_for_cancels()
        asked_at = self._clock.monotonic()
        for claim in await self._claims():
            task = claim.task
            run = LiveRun(task_id=task.task_id, agent=task.agent, claimed_at=asked_at)
            self.runs.add(run)
            if task.cancel:
                run.stop.request(Cancelled(task.cancel))
            if self._is_draining:
                run.stop.request(ShutDown())
            runs.create_task(self._carry_out(claim, run))

    async def _claims(self) -> Sequence[Claim]:
        settings, room = self.settings, self.settings.concurrency - len(self.runs)
        if self._is_draining or room <= 0:
            return ()
        if settings.takes_any:
            return await self._tasks.claim(
                settings.worker_id, limit=room, lease_s=settings.lease_s
            )
        claims: list[Claim] = []
        for task_id in self._reserved[:room]:
            claims += await self._tasks.claim(
                settings.worker_id, limit=1, lease_s=settings.lease_s, only=task_id
            )
        for claim in claims:
            self._reserved.remove(claim.task.task_id)
        return claims

    async def _carry_out(self, claim: Claim, run: LiveRun) -> None:
        origin = origin_of(claim)
        try:
            ending = await self._agents.run(
                claim.task, origin, listeners=self._listeners, stop=run.stop
            )
            if ending == "handed_back":
                await self._broadcaster.finish(origin)
                await self._tasks.requeue(claim, attempt_spent=False)
        except AgentcastError as error:
            log.warning("task %s: %s", claim.task.task_id, error)
        finally:
            with suppress(AgentcastError):
                await self._broadcaster.finish(origin)
            self.runs.remove(run)
            self._meter.add("tasks_ended")
            self.wake()

    def _log_failed(self, origin: Origin, failure: AgentcastError) -> None:
        """A run whose events cannot be stored must not go on."""
        if isinstance(failure, StorageFull):
            self.runs.stop(origin.task_id, LimitHit("storage_full", str(failure)))
        else:
            self.runs.stop(origin.task_id, LostLease())

    async def _fence(self) -> None:
        self._leases.fence()

    async def _clean_up(self) -> None:
        if self.settings.takes_any and not self._is_draining:
            await self._lost.settle(self.settings)


async def _poll() -> None:
    await asyncio.sleep(POLL_S)
