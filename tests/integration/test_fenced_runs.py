"""Until when a run's commands may run, and what becomes of a run whose time was over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
from anyio.lowlevel import checkpoint
from dependency_injector import providers

from application.running.live_runs import LiveRun
from application.running.run_signals import LostLease
from domain.ids import WorkerId
from domain.task import Task, TaskStatus
from entrypoints.container import server_worker
from entrypoints.settings.settings import Settings
from ports.runner import Completed, Outcome, RunContext
from ports.task_queue import Claim
from tests.fakes import FakeClock
from tests.integration.graph import Graph, for_ever, running
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcessHost

SURE_S = 25.0  # of a lease of 30 s


async def test_commands_may_run_until_the_lease_is_doubtful_and_longer_if_it_is_renewed(
    tmp_path: Path,
) -> None:
    async with _running(tmp_path) as (graph, _, host):
        graph.runner.acts["work"] = for_ever
        task = await graph.submit("work")
        await graph.runner.has_started(task)
        before = dict(host.deadlines)

        graph.container.server.worker().renewed(
            _claim(task, _run_of(graph, task)), until=10 + SURE_S
        )

        assert before == {task.task_id: SURE_S}
        assert host.deadlines == {task.task_id: 10 + SURE_S}


async def test_a_lost_run_is_stopped_although_the_next_one_of_its_task_runs_here_too(
    tmp_path: Path,
) -> None:
    """Another worker has given the task back meanwhile, and this one has got it again."""
    go_on = asyncio.Event()

    async def work(task: Task, context: RunContext) -> Outcome:
        await (go_on.wait() if task.attempt == 2 else asyncio.Event().wait())
        return Completed(final_answer="")

    settings = Settings(data_dir=tmp_path, database_url="memory:", default_agent="fake")
    often = replace(server_worker(settings, instance="test"), heartbeat_s=0.05)
    async with running(tmp_path, worker_settings=often) as graph:
        graph.runner.acts["work"] = work
        task = await graph.submit("work", agent="durable")
        await graph.runner.has_started(task)
        late = _run_of(graph, task)
        graph.runner.started.clear()
        leases = graph.container.store.task_leases()
        [taken] = await leases.claim_lost(WorkerId("another"), lease_s=30, of_instance="test")
        await leases.requeue(taken, attempt_spent=True)
        graph.container.server.worker().wake()

        with anyio.fail_after(PATIENCE_S):
            await graph.runner.has_started(task)
            await late.stop.requested()
        again = _run_of(graph, task)
        go_on.set()

        ended = await graph.ended(task)
        assert (late.stop.cause, again.stop.cause) == (LostLease(), None)
        assert (ended.status, ended.attempt) == (TaskStatus.COMPLETED, 2)


async def test_the_late_end_of_a_run_leaves_the_deadline_of_its_tasks_next_run(
    tmp_path: Path,
) -> None:
    async with _running(tmp_path) as (graph, clock, host):
        graph.runner.acts["work"] = for_ever
        task = await graph.submit("work", agent="durable")
        await graph.runner.has_started(task)
        late = _run_of(graph, task)
        graph.runner.started.clear()
        leases, worker = graph.container.store.task_leases(), graph.container.server.worker()
        [taken] = await leases.claim_lost(WorkerId("another"), lease_s=30, of_instance="test")
        await leases.requeue(taken, attempt_spent=True)
        clock.advance(1)
        worker.wake()
        with anyio.fail_after(PATIENCE_S):
            await graph.runner.has_started(task)
            worker.lost(_claim(task, late))
            while late in worker.runs.all():
                await checkpoint()

        assert _run_of(graph, task) is not late
        assert host.deadlines == {task.task_id: 1 + SURE_S}


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


def _run_of(graph: Graph, task: Task) -> LiveRun:
    run = graph.container.server.worker().runs.find(task.task_id)
    assert run is not None
    return run


def _claim(task: Task, run: LiveRun) -> Claim:
    return Claim(task=task, lease_id=run.lease_id)
