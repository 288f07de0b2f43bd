"""Until when a run's commands may run, and what becomes of a run whose time was over."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from dependency_injector import providers

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_leases import MemoryTaskLeases
from application.running.lease_keeper import LeaseKeeper
from application.running.live_runs import LiveRun, LiveRuns
from application.running.run_signals import LostLease
from application.running.worker_settings import WorkerSettings
from domain.ids import LeaseId, TaskId, WorkerId
from domain.task import Task, TaskStatus
from ports.runner import Completed, Outcome, RunContext
from tests.contract.scene import OTHER_WORKER, WORKER, Scene
from tests.fakes import CountingIdSource, FakeClock
from tests.integration.graph import Graph, running
from tests.process_fakes import FakeProcessHost

SURE_S = 25.0  # of a lease of 30 s


class SlowAnswers(MemoryTaskLeases):
    """What has been renewed is known at its caller when it is let through."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database, ids=CountingIdSource())
        self.renewed = asyncio.Event()
        self.is_let_through = asyncio.Event()
        self.is_let_through.set()

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        held = await super().heartbeat(worker_id, lease_s=lease_s)
        self.renewed.set()
        await self.is_let_through.wait()
        return held


class Keeping:
    """A lease keeper with one run, over a store in memory and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        database = MemoryDatabase(self.clock)
        self.leases = SlowAnswers(database)
        self.scene = replace(Scene.in_memory(database), leases=self.leases)
        self.host = FakeProcessHost()
        self.keeper = LeaseKeeper(
            settings=WorkerSettings(worker_id=WORKER, instance=None, takes_any=True),
            leases=self.leases,
            runs=LiveRuns(),
            processes=self.host,
            clock=self.clock,
        )

    async def begin(self, *, claimed_at: float | None = None) -> LiveRun:
        claim = await self.scene.start()
        run = LiveRun(
            task_id=claim.task.task_id,
            lease_id=claim.lease_id,
            agent=claim.task.agent,
            claimed_at=self.clock.monotonic() if claimed_at is None else claimed_at,
        )
        self.keeper.begin(run)
        return run


async def test_commands_may_run_until_the_lease_is_doubtful() -> None:
    keeping = Keeping()

    run = await keeping.begin()

    assert keeping.host.deadlines == {run.task_id: SURE_S}


async def test_a_renewal_moves_their_end_on() -> None:
    keeping = Keeping()
    run = await keeping.begin()

    keeping.clock.advance(10)
    await keeping.keeper.renew()

    assert keeping.host.deadlines == {run.task_id: 10 + SURE_S}


async def test_a_renewal_that_another_has_forestalled_does_not() -> None:
    keeping = Keeping()
    run = await keeping.begin()
    keeping.clock.advance(10)
    await keeping.leases.claim_lost(OTHER_WORKER, lease_s=30, of_instance="one")

    await keeping.keeper.renew()

    assert keeping.host.deadlines == {run.task_id: SURE_S}
    assert run.stop.cause == LostLease()


async def test_a_run_claimed_while_leases_are_being_renewed_is_not_taken_for_lost() -> None:
    keeping = Keeping()
    keeping.leases.is_let_through.clear()
    asked_at = keeping.clock.monotonic()
    keeping.clock.advance(1)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeping.keeper.renew())
        await keeping.leases.renewed.wait()
        run = await keeping.begin(claimed_at=asked_at)
        keeping.leases.is_let_through.set()

    assert run.stop.cause is None
    assert keeping.host.deadlines == {run.task_id: SURE_S}


async def test_a_renewal_after_that_end_does_not_revive_the_run() -> None:
    """As after a long stop of the process, with nobody else there to take the lease."""
    keeping = Keeping()
    run = await keeping.begin()

    keeping.clock.advance(SURE_S + 1)
    await keeping.keeper.renew()

    assert keeping.host.deadlines == {run.task_id: SURE_S}
    assert run.stop.cause == LostLease()


async def test_a_run_that_has_ended_has_no_deadline() -> None:
    keeping = Keeping()
    run = await keeping.begin()

    keeping.keeper.end(run)

    assert keeping.host.deadlines == {}


async def test_the_late_end_of_a_run_leaves_the_deadline_of_its_task_s_next_run() -> None:
    keeping = Keeping()
    late = await keeping.begin()
    leases = keeping.leases
    [taken] = await leases.claim_lost(OTHER_WORKER, lease_s=30, of_instance="one")
    await leases.requeue(taken, attempt_spent=True)
    keeping.clock.advance(1)
    again = LiveRun.of(await keeping.scene.claim(), claimed_at=keeping.clock.monotonic())
    keeping.keeper.begin(again)

    keeping.keeper.end(late)

    assert keeping.host.deadlines == {again.task_id: 1 + SURE_S}


async def test_how_a_run_ended_after_its_time_is_not_believed(tmp_path: Path) -> None:
    """Its commands were killed by then, which it may take for a failure of its own."""
    async with _running(tmp_path) as (graph, clock, host):
        ended = asyncio.Event()

        async def work(task: Task, context: RunContext) -> Outcome:
            await ended.wait()
            return Completed(final_answer="its command was killed")

        graph.runner.acts["work"] = work
        task = await graph.submit("work")
        await graph.runner.has_started(task)
        assert task.task_id in host.deadlines

        clock.advance(SURE_S + 1)
        ended.set()

        lost = await graph.ended(task)
        assert (lost.status, lost.reason) == (TaskStatus.INTERRUPTED, "worker_lost")
        assert task.task_id not in host.deadlines


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[tuple[Graph, FakeClock, FakeProcessHost]]:
    clock, host = FakeClock(), FakeProcessHost()
    async with running(
        folder, clock=providers.Object(clock), process_host=providers.Object(host)
    ) as graph:
        yield graph, clock, host
