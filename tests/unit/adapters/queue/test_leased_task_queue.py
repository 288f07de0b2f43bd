"""When a queue over leases delivers, and that no task is taken which nobody then carries out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import anyio

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_leases import MemoryTaskLeases
from adapters.queue.leased_task_queue import POLL_S, LeasedTaskQueue
from domain.ids import LeaseId, TaskId, WorkerId
from ports.task_queue import Claim
from tests.contract.store_harness import OTHER_WORKER, StoreHarness
from tests.fake_task_handler import CarryOut, FakeTaskHandler
from tests.fakes import CountingIdSource, FakeClock
from tests.patience import PATIENCE_S

T = TypeVar("T")


class SlowClaims(MemoryTaskLeases):
    """A claim is committed at once, and answered when it is let through."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database, ids=CountingIdSource())
        self.committed, self.is_let_through = asyncio.Event(), asyncio.Event()
        self.has_renewed = asyncio.Event()

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        claims = await super().claim(worker_id, limit=limit, lease_s=lease_s, only=only)
        if claims:
            self.committed.set()
            await self.is_let_through.wait()
        return claims

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        self.has_renewed.set()
        return await super().heartbeat(worker_id, lease_s=lease_s)


async def test_the_next_task_of_a_session_does_not_wait_for_the_queue_to_look_again() -> None:
    harness, leases = _stores()
    leases.is_let_through.set()
    tasks = [await harness.queue(), await harness.queue()]
    handler = FakeTaskHandler(_ending(harness))

    async with _queue(leases, poll_s=10 * PATIENCE_S).work(handler):
        await handler.until(lambda: len(handler.given) == 2)

    assert [claim.task.task_id for claim in handler.given] == [task.task_id for task in tasks]


async def test_a_claim_that_is_answered_while_the_queue_is_left_is_still_delivered() -> None:
    harness, leases = _stores()
    task = await harness.queue()
    handler = FakeTaskHandler(_ending(harness))

    with anyio.fail_after(PATIENCE_S):
        async with _queue(leases).work(handler):
            await leases.committed.wait()
            asyncio.get_running_loop().call_soon(leases.is_let_through.set)

    assert [claim.task.task_id for claim in handler.given] == [task.task_id]
    assert (await harness.get(task)).status.is_final


async def test_a_queue_that_drains_takes_over_no_task() -> None:
    harness, leases = _stores()
    leases.is_let_through.set()
    await harness.start(lease_s=0)
    queue, handler = _queue(leases), FakeTaskHandler()
    queue.drain()

    with anyio.fail_after(PATIENCE_S):
        async with queue.work(handler):
            for _ in range(3):
                leases.has_renewed.clear()
                await leases.has_renewed.wait()

    assert handler.taken_over == []


def _stores() -> tuple[StoreHarness, SlowClaims]:
    database = MemoryDatabase(FakeClock())
    leases = SlowClaims(database)
    return replace(StoreHarness.in_memory(database), leases=leases), leases


def _ending(harness: StoreHarness) -> CarryOut:
    async def end(claim: Claim) -> None:
        await harness.end(claim)

    return end


def _queue(leases: SlowClaims, *, poll_s: float = POLL_S) -> LeasedTaskQueue:
    return LeasedTaskQueue(
        leases=leases,
        worker_id=OTHER_WORKER,
        instance=None,
        takes_any=True,
        lease_s=30,
        heartbeat_s=0.01,
        clock=FakeClock(),
        with_reserve=_at_once,
        poll_s=poll_s,
    )


async def _at_once(write: Callable[[], Awaitable[T]]) -> T:
    return await write()
