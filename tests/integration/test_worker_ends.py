"""What becomes of tasks when their worker ends, well or badly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from dependency_injector import providers

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_leases import MemoryTaskLeases
from adapters.system.clock import SystemClock
from adapters.system.id_source import SystemIdSource
from application.running.lost_tasks import outside_origin
from application.running.run_signals import LimitHit, LostLease
from domain.errors import LeaseLost, LogUnavailable
from domain.ids import LeaseId, TaskId, WorkerId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task, TaskStatus
from entrypoints.container import server_worker
from entrypoints.containers.store import memory_stores
from entrypoints.settings.settings import Settings
from ports.id_source import IdSource
from ports.runner import Completed, Outcome, RunContext
from ports.task_queue import Claim
from tests.integration.graph import Graph, for_ever, running

Store = TypeVar("Store", bound=MemoryTaskLeases)


async def test_a_shutdown_interrupts_what_runs(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        task = await graph.submit("for ever")
        await _started(graph, task)

        await graph.coordinator.drain()

        ended = await graph.ended(task)
        assert (ended.status, ended.reason) == (TaskStatus.INTERRUPTED, "shutdown")


async def test_a_shutdown_requeues_a_task_when_its_profile_wants_it(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        task = await graph.submit("for ever", agent="durable")
        await _started(graph, task)

        await graph.coordinator.drain()

        again = await graph.coordinator.get_task(LOCAL, task.task_id)
        assert (again.status, again.attempt) == (TaskStatus.QUEUED, 0)


async def test_a_restart_interrupts_the_tasks_of_the_worker_before(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await _left_running(graph, agent="fake")

        async with _restarted(graph, tmp_path) as again:
            ended = await again.ended(task)

            assert (ended.status, ended.reason) == (TaskStatus.INTERRUPTED, "worker_lost")
            assert (await again.event_types(task))[-1] == "task_interrupted"


async def test_a_restart_runs_a_durable_task_again_until_its_attempts_are_spent(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        task = await _left_running(graph, agent="durable")

        async with _restarted(graph, tmp_path) as again:
            ended = await again.ended(task)

            assert (ended.status, ended.attempt) == (TaskStatus.COMPLETED, 2)


async def test_a_cancel_of_a_dead_workers_task_is_carried_out_at_the_restart(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        task = await _left_running(graph, agent="durable")
        await graph.coordinator.cancel(LOCAL, task.task_id)

        async with _restarted(graph, tmp_path) as again:
            ended = await again.ended(task)

            assert (ended.status, ended.reason) == (TaskStatus.CANCELLED, "user")


async def test_a_run_whose_lease_was_taken_stops_and_writes_nothing_more(tmp_path: Path) -> None:
    go_on, stopped = asyncio.Event(), asyncio.Event()

    async def work(task: Task, context: RunContext) -> Outcome:
        try:
            await go_on.wait()
            await context.emit(Log(line="from a former worker", line_num=1, stream="pty"))
            await for_ever(task, context)
        finally:
            stopped.set()
        return Completed(final_answer="")

    async with running(tmp_path) as graph:
        graph.runner.acts["work"] = work
        task = await graph.submit("work")
        await _started(graph, task)
        leases = graph.container.store.task_leases()
        await leases.claim_lost(WorkerId("another"), lease_s=30, of_instance="test")

        go_on.set()
        await stopped.wait()

        assert await graph.status(task) is TaskStatus.RUNNING
        log = graph.container.store.event_log()
        events = await log.read(task.session_key, after=0, limit=10)
        assert [event.event_type for event in events] == ["task_queued", "task_started"]


async def test_a_task_whose_claim_was_never_answered_does_not_run_for_ever(
    tmp_path: Path,
) -> None:
    """As with a commit whose answer is lost, of a database that then stays away for too long."""
    leases, swaps = _stores_with(UnansweredClaims)
    async with running(tmp_path, **swaps) as graph:
        leases.is_answering = False
        task = await graph.submit("work", agent="durable")

        ended = await graph.ended(task)

        assert (ended.status, ended.attempt) == (TaskStatus.COMPLETED, 2)


async def test_a_task_whose_taking_over_was_never_answered_is_settled(tmp_path: Path) -> None:
    leases, swaps = _stores_with(UnansweredClaims)
    settings = Settings(data_dir=tmp_path, database_url="memory:", default_agent="fake")
    often = replace(server_worker(settings, instance="test"), heartbeat_s=0.05)
    async with running(tmp_path, worker_settings=often, **swaps) as graph:
        graph.runner.acts["for ever"] = for_ever
        task = await graph.submit("for ever")
        await _started(graph, task)
        await leases.claim_lost(WorkerId("another"), lease_s=0, of_instance="test")
        leases.is_answering = False

        ended = await graph.ended(task)

        assert (ended.status, ended.reason) == (TaskStatus.INTERRUPTED, "worker_lost")


async def test_a_run_that_ended_late_does_not_take_its_task_from_the_run_that_has_it_now(
    tmp_path: Path,
) -> None:
    """Another worker has given the task back meanwhile, and this one has got it again."""
    leases, swaps = _stores_with(SlowReclaims)
    go_on = asyncio.Event()

    async def work(task: Task, context: RunContext) -> Outcome:
        await (go_on.wait() if task.attempt == 2 else asyncio.Event().wait())
        return Completed(final_answer="")

    async with running(tmp_path, **swaps) as graph:
        graph.runner.acts["work"] = work
        task = await graph.submit("work", agent="durable")
        await _started(graph, task)
        graph.container.server.worker().runs.stop(task.task_id, LostLease())
        await leases.asked.wait()
        graph.runner.started.clear()
        [taken] = await leases.claim_lost(WorkerId("another"), lease_s=30, of_instance="test")
        await leases.requeue(taken, attempt_spent=True)
        await _started(graph, task)

        leases.is_let_through.set()
        await leases.answered.wait()
        go_on.set()

        ended = await graph.ended(task)
        assert (ended.status, ended.attempt) == (TaskStatus.COMPLETED, 2)


async def test_what_a_former_run_can_no_longer_write_does_not_stop_the_run_that_has_its_task_now(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        task = await graph.submit("for ever")
        await _started(graph, task)
        run = graph.container.server.worker().runs.find(task.task_id)
        former = replace(outside_origin(task), lease_id=LeaseId("former"))
        broadcaster = graph.container.streams.event_broadcaster()

        with pytest.raises(LeaseLost):
            async with broadcaster.sink(former) as sink:
                await sink.emit(Log(line="late", line_num=1, stream="pty"))

        assert run is not None
        assert run.stop.cause is None


async def test_a_task_over_its_limit_is_not_repeated_after_an_unanswered_claim(
    tmp_path: Path,
) -> None:
    leases, swaps = _stores_with(UnansweredClaims)

    async def work(task: Task, context: RunContext) -> Outcome:
        try:
            await (asyncio.Event().wait() if task.attempt == 1 else asyncio.sleep(0))
        except asyncio.CancelledError:
            raise LogUnavailable("the database could not be reached") from None
        return Completed(final_answer="")

    async with running(tmp_path, **swaps) as graph:
        graph.runner.acts["work"] = work
        task = await graph.submit("work", agent="durable")
        await _started(graph, task)
        leases.is_answering = False

        graph.container.server.worker().runs.stop(
            task.task_id, LimitHit("limit.tokens", "too many")
        )

        ended = await graph.ended(task)
        assert (ended.status, ended.reason) == (TaskStatus.FAILED, "limit.tokens")


class UnansweredClaims(MemoryTaskLeases):
    """Once, a claim is committed but its answer is lost."""

    is_answering = True

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        claims = await super().claim(worker_id, limit=limit, lease_s=lease_s, only=only)
        return self._answered(claims)

    async def claim_lost(
        self, worker_id: WorkerId, *, lease_s: float, of_instance: str | None = None
    ) -> Sequence[Claim]:
        claims = await super().claim_lost(worker_id, lease_s=lease_s, of_instance=of_instance)
        return self._answered(claims)

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        claim = await super().reclaim(worker_id, task_id, lease_id=lease_id, lease_s=lease_s)
        self._answered([claim] if claim else [])
        return claim

    def _answered(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        if claims and not self.is_answering:
            self.is_answering = True
            raise LogUnavailable("the database could not be reached")
        return claims


class SlowReclaims(MemoryTaskLeases):
    """A second claim of the task waits until it is let through."""

    def __init__(self, database: MemoryDatabase, *, ids: IdSource) -> None:
        super().__init__(database, ids=ids)
        self.asked, self.answered = asyncio.Event(), asyncio.Event()
        self.is_let_through = asyncio.Event()

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        self.asked.set()
        await self.is_let_through.wait()
        claim = await super().reclaim(worker_id, task_id, lease_id=lease_id, lease_s=lease_s)
        self.answered.set()
        return claim


def _stores_with(
    kind: Callable[..., Store],
) -> tuple[Store, Mapping[str, object]]:
    stores = memory_stores(clock=SystemClock(), ids=SystemIdSource(), lease_s=30.0)
    assert isinstance(stores.task_leases, MemoryTaskLeases)
    leases = kind(stores.task_leases.database, ids=SystemIdSource())
    return leases, {"stores": providers.Object(replace(stores, task_leases=leases))}


async def _started(graph: Graph, task: Task) -> None:
    await graph.runner.has_started(task)


async def _left_running(graph: Graph, *, agent: str) -> Task:
    """A task as a worker that died leaves it: claimed, and nobody carries it out."""
    await graph.container.server.worker().drain()
    task = await graph.submit("work", agent=agent)
    leases = graph.container.store.task_leases()
    await leases.claim(WorkerId("test.dead"), limit=1, lease_s=3600)
    return task


@asynccontextmanager
async def _restarted(graph: Graph, tmp_path: Path) -> AsyncIterator[Graph]:
    """Another process of the same instance on the same store."""
    former = graph.container
    async with running(
        tmp_path,
        stores=providers.Object(former.store.stores()),
    ) as again:
        yield again


async def test_a_run_that_lost_its_way_to_the_log_is_settled_by_its_own_worker(
    tmp_path: Path,
) -> None:
    """As after a long stop of the process: the lease ran out, and nobody else was there."""
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        task = await graph.submit("for ever")
        await _started(graph, task)

        graph.container.server.worker().runs.stop(task.task_id, LostLease())

        ended = await graph.ended(task)
        assert (ended.status, ended.reason) == (TaskStatus.INTERRUPTED, "worker_lost")
        following = await graph.ended(await graph.submit("next"))
        assert following.status is TaskStatus.COMPLETED


async def test_a_task_that_is_queued_when_the_drain_begins_stays_queued(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        busy = await graph.submit("for ever")
        await _started(graph, busy)
        waiting = await graph.submit("waiting")

        await graph.coordinator.drain()

        assert await graph.status(waiting) is TaskStatus.QUEUED
        assert waiting.task_id not in graph.runner.started
