"""The queue of tasks over the leases that a store keeps: it claims them, and keeps the leases."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from adapters.queue.lease_keeper import LeaseKeeper
from adapters.queue.left_tasks import LeftTasks, WithReserve
from domain.errors import Unavailable
from domain.ids import TaskId, WorkerId
from ports.clock import Clock
from ports.task_leases import TaskLeases
from ports.task_queue import Claim, TaskHandler, Unsettled

log = logging.getLogger(__name__)

POLL_S = 1.0
_AFTER_A_BUG_S = 1.0
_LEAVE_S = 1.5  # for the answer to a claim that is under way


class LeasedTaskQueue:
    def __init__(
        self,
        *,
        leases: TaskLeases,
        worker_id: WorkerId,
        instance: str | None,
        takes_any: bool,
        lease_s: float,
        heartbeat_s: float,
        clock: Clock,
        with_reserve: WithReserve,
        poll_s: float = POLL_S,
    ) -> None:
        """`instance` is what the ids of the workers that this one replaces begin with. Without
        `takes_any` only reserved tasks are given.
        """
        self._leases = leases
        self._worker_id = worker_id
        self._takes_any = takes_any
        self._lease_s = lease_s
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._poll_s = poll_s
        self._keeper = LeaseKeeper(
            leases=leases, worker_id=worker_id, lease_s=lease_s, clock=clock
        )
        self._left = LeftTasks(
            leases=leases,
            worker_id=worker_id,
            predecessor=instance,
            lease_s=lease_s,
            carried_out=self._keeper.held,
            with_reserve=with_reserve,
        )
        self._reserved: list[TaskId] = []
        self._news = asyncio.Event()
        self._is_draining = False
        self._is_left = False

    def wake(self) -> None:
        self._news.set()

    def reserve(self, task_id: TaskId) -> None:
        self._reserved.append(task_id)
        self.wake()

    def drain(self) -> None:
        self._is_draining = True

    async def hand_back(self, claim: Claim, *, attempt_spent: bool) -> None:
        await self._leases.requeue(claim, attempt_spent=attempt_spent)

    @asynccontextmanager
    async def work(self, handler: TaskHandler) -> AsyncIterator[None]:
        try:
            await self._left.settle_predecessor(handler)
        except Unavailable as error:
            log.warning("what the server before has left is not settled yet: %s", error)
        async with asyncio.TaskGroup() as runs, asyncio.TaskGroup() as loops:
            giving = loops.create_task(
                self._repeat(self._new_work, lambda: self._give(handler, runs))
            )
            chores = [
                loops.create_task(self._repeat(every, do))
                for every, do in (
                    (self._heartbeat, lambda: self._keeper.renew(handler)),
                    (self._poll, lambda: self._look_after(handler)),
                    (self._heartbeat, lambda: self._take_over(handler)),
                )
            ]
            try:
                yield
            finally:
                self.drain()
                self._is_left = True
                self.wake()
                for chore in chores:
                    chore.cancel()
                # The tasks of a claim that is not waited for would be nobody's.
                await asyncio.wait((giving,), timeout=_LEAVE_S)
                giving.cancel()

    async def _repeat(
        self, every: Callable[[], Awaitable[None]], do: Callable[[], Awaitable[None]]
    ) -> None:
        while not self._is_left:
            try:
                await do()
            except Unavailable as error:
                log.warning("worker %s: %s", self._worker_id, error)
            except Exception:  # boundary: one failed round of a chore must not end the queue
                log.exception("worker %s: a round failed", self._worker_id)
                await asyncio.sleep(_AFTER_A_BUG_S)
            await every()

    async def _new_work(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):
                await self._news.wait()
        self._news.clear()

    async def _heartbeat(self) -> None:
        await asyncio.sleep(self._heartbeat_s)

    async def _poll(self) -> None:
        await asyncio.sleep(self._poll_s)

    async def _give(self, handler: TaskHandler, runs: asyncio.TaskGroup) -> None:
        await self._left.find_unanswered()
        asked_at = self._clock.monotonic()
        with self._left.taking():
            claims = await self._claims(handler)
        for claim in claims:
            until = self._keeper.begin(claim, claimed_at=asked_at)
            runs.create_task(self._carry_out(handler, claim, until))
        await self._keeper.pass_wishes(handler, claimed_before=asked_at)

    async def _claims(self, handler: TaskHandler) -> Sequence[Claim]:
        room = 0 if self._is_draining else handler.capacity() - len(self._keeper)
        if room <= 0:
            return ()
        if self._takes_any:
            return await self._leases.claim(self._worker_id, limit=room, lease_s=self._lease_s)
        claims: list[Claim] = []
        for task_id in self._reserved[:room]:
            claims += await self._leases.claim(
                self._worker_id, limit=1, lease_s=self._lease_s, only=task_id
            )
        for claim in claims:
            self._reserved.remove(claim.task.task_id)
        return claims

    async def _carry_out(self, handler: TaskHandler, claim: Claim, until: float) -> None:
        unsettled: Unsettled | None = Unsettled()
        try:
            unsettled = await handler.carry_out(claim, until=until)
        except Exception:  # boundary: a bug in one run must not end the queue
            log.exception("task %s: the run failed", claim.task.task_id)
        if unsettled is not None:
            self._left.add(claim, unsettled)
        self._keeper.end(claim)
        self.wake()

    async def _look_after(self, handler: TaskHandler) -> None:
        self._keeper.fence(handler)
        await self._left.settle(handler)

    async def _take_over(self, handler: TaskHandler) -> None:
        if self._takes_any and not self._is_draining:
            await self._left.take_over(handler)
