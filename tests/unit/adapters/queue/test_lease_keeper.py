"""How long a worker may rely on a lease, and what happens when it has expired."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_leases import MemoryTaskLeases
from adapters.queue.lease_keeper import LeaseKeeper
from domain.ids import LeaseId, TaskId, WorkerId
from ports.task_queue import Claim
from tests.contract.store_harness import OTHER_WORKER, WORKER, StoreHarness
from tests.fake_task_handler import FakeTaskHandler
from tests.fakes import CountingIdSource, FakeClock

SURE_S = 25.0  # of a lease of 30 s


class SlowAnswers(MemoryTaskLeases):
    """What has been renewed is known at its caller when it is let through."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database, ids=CountingIdSource())
        self.renewed = asyncio.Event()
        self.is_let_through = asyncio.Event()
        self.is_let_through.set()

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        renewed = await super().heartbeat(worker_id, lease_s=lease_s)
        self.renewed.set()
        await self.is_let_through.wait()
        return renewed


class Keeping:
    """A lease keeper with one task, over a store in memory and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        database = MemoryDatabase(self.clock)
        self.leases = SlowAnswers(database)
        self.harness = replace(StoreHarness.in_memory(database), leases=self.leases)
        self.handler = FakeTaskHandler()
        self.keeper = LeaseKeeper(
            leases=self.leases, worker_id=WORKER, lease_s=30, clock=self.clock
        )

    async def begin(self, *, claimed_at: float | None = None) -> Claim:
        return self.begun(await self.harness.start(), claimed_at=claimed_at)

    def begun(self, claim: Claim, *, claimed_at: float | None = None) -> Claim:
        at = self.clock.monotonic() if claimed_at is None else claimed_at
        self.handler.lease_ends[claim.lease_id] = self.keeper.begin(claim, claimed_at=at)
        return claim


async def test_a_task_is_its_workers_alone_until_its_lease_is_doubtful() -> None:
    keeping = Keeping()

    claim = await keeping.begin()

    assert keeping.handler.lease_ends == {claim.lease_id: SURE_S}


async def test_a_renewal_moves_that_end_on() -> None:
    keeping = Keeping()
    claim = await keeping.begin()

    keeping.clock.advance(10)
    await keeping.keeper.renew(keeping.handler)

    assert keeping.handler.lease_ends == {claim.lease_id: 10 + SURE_S}


async def test_a_renewal_that_another_worker_has_forestalled_does_not() -> None:
    keeping = Keeping()
    claim = await keeping.begin()
    keeping.clock.advance(10)
    await keeping.leases.claim_lost(OTHER_WORKER, lease_s=30, of_instance="one")

    await keeping.keeper.renew(keeping.handler)

    assert keeping.handler.lease_ends == {claim.lease_id: SURE_S}
    assert keeping.handler.lost_leases == [claim.lease_id]


async def test_a_task_claimed_while_leases_are_being_renewed_is_not_taken_for_lost() -> None:
    keeping = Keeping()
    keeping.leases.is_let_through.clear()
    asked_at = keeping.clock.monotonic()
    keeping.clock.advance(1)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeping.keeper.renew(keeping.handler))
        await keeping.leases.renewed.wait()
        claim = await keeping.begin(claimed_at=asked_at)
        keeping.leases.is_let_through.set()

    assert keeping.handler.lost_leases == []
    assert keeping.handler.lease_ends == {claim.lease_id: SURE_S}


async def test_a_renewal_that_was_asked_for_after_that_end_does_not_revive_a_task() -> None:
    """As after a long stop of the process, with nobody else there to take the lease."""
    keeping = Keeping()
    claim = await keeping.begin()

    keeping.clock.advance(SURE_S + 1)
    await keeping.keeper.renew(keeping.handler)

    assert keeping.handler.lease_ends == {claim.lease_id: SURE_S}
    assert set(keeping.handler.lost_leases) == {claim.lease_id}


async def test_a_renewal_that_is_answered_after_that_end_does_not_revive_a_task() -> None:
    """The process may have been stopped in between, and its commands were killed."""
    keeping = Keeping()
    claim = await keeping.begin()
    keeping.leases.is_let_through.clear()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeping.keeper.renew(keeping.handler))
        await keeping.leases.renewed.wait()
        keeping.clock.advance(SURE_S + 1)
        keeping.leases.is_let_through.set()

    assert keeping.handler.lease_ends == {claim.lease_id: SURE_S}
    assert set(keeping.handler.lost_leases) == {claim.lease_id}


async def test_a_task_that_has_ended_is_neither_renewed_nor_lost() -> None:
    keeping = Keeping()
    claim = await keeping.begin()
    await keeping.harness.end(claim)

    keeping.keeper.end(claim)
    await keeping.keeper.renew(keeping.handler)

    assert keeping.handler.lost_leases == []
    assert len(keeping.keeper) == 0


async def test_a_run_that_ends_late_does_not_touch_the_lease_of_its_tasks_next_run() -> None:
    keeping = Keeping()
    late = await keeping.begin()
    [taken] = await keeping.leases.claim_lost(OTHER_WORKER, lease_s=30, of_instance="one")
    await keeping.leases.requeue(taken, attempt_spent=True)
    keeping.clock.advance(1)
    again = keeping.begun(await keeping.harness.claim())

    await keeping.keeper.renew(keeping.handler)
    keeping.keeper.end(late)

    assert keeping.handler.lost_leases == [late.lease_id]
    assert list(keeping.keeper.held()) == [again.lease_id]
