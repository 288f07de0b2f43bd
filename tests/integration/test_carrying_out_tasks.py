"""What becomes of a task, from its submission to its one final event."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_leases import MemoryTaskLeases
from application.serving.submit_task import SubmitTask
from domain.errors import (
    Draining,
    InvalidInput,
    ModelRefused,
    SessionBusy,
    StartFailed,
    StateConflict,
    UnknownAgent,
)
from domain.extraction import ExtractionRule
from domain.ids import AgentName, SessionId, WorkerId
from domain.limits import Limits
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task, TaskResult, TaskStatus
from domain.thinking_events import IterationStart
from entrypoints.containers.store import memory_stores
from ports.id_source import IdSource
from ports.runner import Completed, Failed, Outcome, RunContext
from ports.task_queue import TaskWishes
from ports.task_store import TaskQuery
from tests.fakes import CountingIdSource, FakeClock
from tests.integration.graph import for_ever, running
from tests.patience import PATIENCE_S


async def test_a_task_is_queued_started_and_completed_in_its_session(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))

        assert task.status is TaskStatus.COMPLETED
        assert task.result == TaskResult(final_answer="did count")
        assert task.attempt == 1
        assert await graph.event_types(task) == ["task_queued", "task_started", "task_complete"]


async def test_what_a_runner_emits_is_in_the_log_in_order(tmp_path: Path) -> None:
    async def talk(task: Task, context: RunContext) -> Outcome:
        for number in range(1, 5001):
            await context.emit(Log(line=f"line {number}", line_num=number, stream="pty"))
        return Completed(final_answer="")

    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = talk
        task = await graph.ended(await graph.submit("talk"))

        events = await graph.events(task)
        lines = [event["line_num"] for event in events if event["event_type"] == "log"]
        assert lines == list(range(1, 5001))
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (StartFailed("no such command"), "start_failed", "no such command"),
        (ModelRefused("bad key"), "model_error", "bad key"),
        (ZeroDivisionError("secret detail"), "agent_error", "the agent failed unexpectedly"),
    ],
)
async def test_what_a_runner_raises_becomes_a_failed_task(
    tmp_path: Path, error: Exception, reason: str, message: str
) -> None:
    async def fail(task: Task, context: RunContext) -> Outcome:
        raise error

    async with running(tmp_path) as graph:
        graph.runner.acts["fail"] = fail
        task = await graph.ended(await graph.submit("fail"))

        assert (task.status, task.reason) == (TaskStatus.FAILED, reason)
        assert (await graph.events(task))[-1]["error"] == message


async def test_a_failed_outcome_keeps_its_exit_code(tmp_path: Path) -> None:
    async def fail(task: Task, context: RunContext) -> Outcome:
        return Failed(error="exit code 3", reason="exit_code", exit_code=3)

    async with running(tmp_path) as graph:
        graph.runner.acts["fail"] = fail
        task = await graph.ended(await graph.submit("fail"))

        assert task.reason == "exit_code"
        assert task.result == TaskResult(exit_code=3, error="exit code 3")


async def test_a_failed_task_leaves_one_short_line_in_the_log_without_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = f"sk-ant-{'k' * 24}"
    error = f"refused {key}\n\x1b[2Jagain{'.' * 5000}"

    async def fail(task: Task, context: RunContext) -> Outcome:
        return Failed(error=error, reason="model_error")

    with caplog.at_level("INFO"):
        async with running(tmp_path) as graph:
            graph.runner.acts["fail"] = fail
            await graph.ended(await graph.submit("well"))
            task = await graph.ended(await graph.submit("fail"))

    (line,) = [one for one in caplog.messages if "failed" in one]
    begins = f"task {task.task_id} of fake failed (model_error): refused [redacted] again..."
    assert (line[: len(begins)], key in line, len(line) < 320) == (begins, False, True)


async def test_a_session_runs_one_task_at_a_time_in_the_order_of_submission(
    tmp_path: Path,
) -> None:
    release = asyncio.Event()

    async def wait(task: Task, context: RunContext) -> Outcome:
        await release.wait()
        return Completed(final_answer="")

    async with running(tmp_path) as graph:
        graph.runner.acts["wait"] = wait
        first = await graph.submit("wait")
        second = await graph.submit("second")
        third = await graph.submit("third")
        elsewhere = await graph.ended(await graph.submit("elsewhere", session="other"))

        assert elsewhere.status is TaskStatus.COMPLETED
        assert await graph.status(second) is TaskStatus.QUEUED
        release.set()
        await graph.ended(third)
        assert [task for task in graph.runner.started if task != elsewhere.task_id] == [
            first.task_id,
            second.task_id,
            third.task_id,
        ]


async def test_fifty_tasks_in_fifty_sessions_run_side_by_side(tmp_path: Path) -> None:
    all_there, count = asyncio.Event(), 0

    async def meet(task: Task, context: RunContext) -> Outcome:
        nonlocal count
        count += 1
        if count == 50:
            all_there.set()
        await all_there.wait()
        return Completed(final_answer=task.session_id)

    async with running(tmp_path) as graph:
        graph.runner.acts["meet"] = meet
        tasks = [await graph.submit("meet", session=f"s{number}") for number in range(50)]

        with anyio.fail_after(PATIENCE_S):
            ended = [await graph.ended(task) for task in tasks]
        assert [task.result for task in ended] == [
            TaskResult(final_answer=f"s{number}") for number in range(50)
        ]


async def test_a_busy_session_refuses_a_task_that_will_not_wait(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        await graph.submit("for ever")
        request = SubmitTask(
            text="new", session_id=SessionId("s"), agent=AgentName("fake"), on_busy="reject"
        )

        with pytest.raises(SessionBusy):
            await graph.coordinator.submit(LOCAL, request)


async def test_an_unknown_agent_is_named_with_those_that_are_known(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        with pytest.raises(UnknownAgent, match="'nobody'; known: durable, fake") as refused:
            await graph.submit("hello", agent="nobody")

        assert refused.value.field == "agent"


async def test_a_retry_looks_for_what_the_first_task_looked_for(tmp_path: Path) -> None:
    rules = (ExtractionRule(name="sum", pattern=r"sum: (\d+)", types=(("value", "integer"),)),)
    async with running(tmp_path) as graph:
        request = SubmitTask(text="count", agent=AgentName("fake"), rules=rules)
        first = await graph.ended((await graph.coordinator.submit(LOCAL, request)).task)
        again = (await graph.coordinator.retry(LOCAL, first.task_id)).task

        assert (first.rules, again.rules) == (rules, rules)


async def test_a_rule_that_cannot_be_used_is_refused_before_anything_is_stored(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        wrong = SubmitTask(text="count", rules=(ExtractionRule(name="sum", pattern="("),))
        with pytest.raises(InvalidInput) as refused:
            await graph.coordinator.submit(LOCAL, wrong)

        assert refused.value.field == "extraction.0.pattern"
        assert await graph.coordinator.list_tasks(LOCAL, TaskQuery()) == []


async def test_only_an_ended_task_can_be_retried(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        first = await graph.ended(await graph.submit("count"))
        again = (await graph.coordinator.retry(LOCAL, first.task_id)).task
        live = await graph.submit("for ever")

        assert (again.retry_of, again.text) == (first.task_id, "count")
        with pytest.raises(StateConflict):
            await graph.coordinator.retry(LOCAL, live.task_id)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(timeout_s=0.05), "timeout"),
        (Limits(idle_s=0.05), "idle_timeout"),
        (Limits(iterations=3), "limit.iterations"),
    ],
)
async def test_a_limit_that_is_reached_ends_the_task_by_name(
    tmp_path: Path, limits: Limits, reason: str
) -> None:
    async def think(task: Task, context: RunContext) -> Outcome:
        for iteration in range(1, 6):
            await context.emit(IterationStart(iteration=iteration, max_iterations=9))
        return await for_ever(task, context)

    async with running(tmp_path) as graph:
        graph.runner.acts["think"] = think
        request = SubmitTask(text="think", agent=AgentName("fake"), limits=limits)
        task = await graph.ended((await graph.coordinator.submit(LOCAL, request)).task)

        assert (task.status, task.reason) == (TaskStatus.FAILED, reason)


async def test_nothing_is_accepted_before_opening_and_while_draining(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.coordinator.drain()

        with pytest.raises(Draining):
            await graph.submit("late")


async def test_a_task_begins_before_what_is_wished_of_others_is_looked_for(tmp_path: Path) -> None:
    stores = memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0)
    assert isinstance(stores.database, MemoryDatabase)
    leases = UnknownWishes(stores.database, ids=CountingIdSource())
    async with running(
        tmp_path, stores=providers.Object(replace(stores, task_leases=leases))
    ) as graph:
        graph.runner.acts["wait"] = for_ever
        with anyio.fail_after(PATIENCE_S):
            await graph.runner.has_started(await graph.submit("wait", session="one"))
            ended = await graph.ended(await graph.submit("count", session="other"))
            leases.go_on.set()

    assert ended.status is TaskStatus.COMPLETED


class UnknownWishes(MemoryTaskLeases):
    """Answers what is wished of tasks when it may."""

    def __init__(self, database: MemoryDatabase, *, ids: IdSource) -> None:
        super().__init__(database, ids=ids)
        self.go_on = asyncio.Event()

    async def wishes(self, worker_id: WorkerId) -> Sequence[TaskWishes]:
        await self.go_on.wait()
        return await super().wishes(worker_id)
