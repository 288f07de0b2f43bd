"""Tasks that are ended by a wish: a cancel, or a later task that will not wait."""

import asyncio
from pathlib import Path

from application.serving.submit_task import SubmitTask
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from ports.runner import Outcome, RunContext
from tests.integration.graph import for_ever, running


async def test_cancelling_a_queued_task_ends_it_before_it_starts(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        busy = await graph.submit("for ever")
        queued = await graph.submit("queued")

        cancellation = await graph.coordinator.cancel(LOCAL, queued.task_id)

        assert cancellation.task.status is TaskStatus.CANCELLED
        assert await graph.event_types(queued) == [
            "task_queued",
            "cancel_requested",
            "task_cancelled",
        ]
        assert queued.task_id not in graph.runner.started
        await graph.coordinator.cancel(LOCAL, busy.task_id)


async def test_cancelling_a_running_task_stops_its_runner(tmp_path: Path) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def work(task: Task, context: RunContext) -> Outcome:
        started.set()
        try:
            return await for_ever(task, context)
        finally:
            stopped.set()

    async with running(tmp_path) as graph:
        graph.runner.acts["work"] = work
        task = await graph.submit("work")
        await started.wait()

        await graph.coordinator.cancel(LOCAL, task.task_id)
        ended = await graph.ended(task)

        assert stopped.is_set()
        assert (ended.status, ended.reason) == (TaskStatus.CANCELLED, "user")
        assert (await graph.event_types(task))[-2:] == ["cancel_requested", "task_cancelled"]


async def test_cancelling_what_has_ended_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))

        cancellation = await graph.coordinator.cancel(LOCAL, task.task_id)

        assert cancellation.task.status is TaskStatus.COMPLETED
        assert (await graph.event_types(task))[-1] == "task_complete"


async def test_an_interrupting_task_supersedes_the_running_one(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        old = await graph.submit("for ever")
        request = SubmitTask(
            text="new", session_id=SessionId("s"), agent=AgentName("fake"), on_busy="interrupt"
        )
        new = (await graph.coordinator.submit(LOCAL, request)).task

        assert (await graph.ended(new)).status is TaskStatus.COMPLETED
        assert (await graph.ended(old)).reason == "superseded"


async def test_an_interrupting_task_supersedes_the_running_one_behind_a_long_queue(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        old = await graph.submit("for ever")
        await graph.runner.has_started(old)
        for number in range(60):
            await graph.submit(str(number))
        request = SubmitTask(
            text="new", session_id=SessionId("s"), agent=AgentName("fake"), on_busy="interrupt"
        )
        await graph.coordinator.submit(LOCAL, request)

        assert (await graph.ended(old)).reason == "superseded"
