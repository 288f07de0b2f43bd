"""What a person decides on one node reaches the run on another, over one PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from application.serving.pausing import Pausing
from domain.approval import ApprovalRequest
from domain.errors import ApprovalAnswered, StateConflict
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from domain.task_input import MessageInput
from entrypoints.container import server_worker
from entrypoints.settings.settings import Settings
from ports.approval_store import ApprovalQuery
from ports.runner import Completed, Outcome, RunContext
from tests.contract.postgres import emptied
from tests.integration.graph import Graph, running
from tests.patience import PATIENCE_S


async def wanting_a_yes(task: Task, context: RunContext) -> Outcome:
    request = ApprovalRequest(call_id="c", tool_name="shell", arguments={}, reason="it deletes")
    return Completed(final_answer=(await context.approve(request)).decision)


async def wanting_words(task: Task, context: RunContext) -> Outcome:
    return Completed(final_answer=await context.ask("Which colour?", call_id="c"))


async def resting(task: Task, context: RunContext) -> Outcome:
    while True:
        await context.pause_point()
        if context.workspace and (Path(context.workspace) / "end").exists():
            return Completed(final_answer="rested")
        await anyio.lowlevel.checkpoint()


async def test_an_approval_is_decided_on_another_node(tmp_path: Path, postgres_url: str) -> None:
    async with two_nodes(tmp_path, postgres_url) as (runs, other):
        runs.runner.acts["go"] = wanting_a_yes
        task = await runs.submit("go", approval="ask")
        await until(other, task, TaskStatus.WAITING)

        [asked] = await other.container.server.approvals().list(
            LOCAL, ApprovalQuery(status="pending")
        )
        await other.container.server.approvals().decide(LOCAL, asked.approval_id, "approve")
        ended = await other.ended(task)

        assert ended.result is not None
        assert ended.result.final_answer == "approved"
        with pytest.raises(ApprovalAnswered):
            await runs.container.server.approvals().decide(LOCAL, asked.approval_id, "deny")


async def test_a_question_is_answered_on_another_node_and_once(
    tmp_path: Path, postgres_url: str
) -> None:
    async with two_nodes(tmp_path, postgres_url) as (runs, other):
        runs.runner.acts["go"] = wanting_words
        task = await runs.submit("go")
        await until(other, task, TaskStatus.WAITING)

        await other.container.server.task_terminals().send(
            LOCAL, task.task_id, MessageInput(text="blue")
        )
        with pytest.raises(StateConflict):
            await runs.container.server.task_terminals().send(
                LOCAL, task.task_id, MessageInput(text="red")
            )
        ended = await other.ended(task)
        types = await other.event_types(task)

        assert ended.result is not None
        assert ended.result.final_answer == "blue"
        assert types[-3:] == ["input_required", "input_received", "task_complete"]


async def test_a_task_is_paused_and_goes_on_by_another_node(
    tmp_path: Path, postgres_url: str
) -> None:
    async with two_nodes(tmp_path, postgres_url) as (runs, other):
        runs.runner.acts["go"] = resting
        task = await runs.submit("go")
        await until(other, task, TaskStatus.RUNNING)

        await pausing_of(other).pause(LOCAL, task.task_id)
        await until(other, task, TaskStatus.PAUSED)
        await pausing_of(other).resume(LOCAL, task.task_id)
        await until(other, task, TaskStatus.RUNNING)
        folder = await runs.container.agents.workspaces().folder(
            task, runs.coordinator.profile(task.agent)
        )
        (Path(folder) / "end").touch()

        assert (await other.ended(task)).status is TaskStatus.COMPLETED


@asynccontextmanager
async def two_nodes(folder: Path, url: str) -> AsyncIterator[tuple[Graph, Graph]]:
    """The first one carries tasks out, the other one takes none."""
    await emptied(url)
    async with (
        running(folder / "one", **node(folder, url, "one")) as runs,
        running(folder / "two", **node(folder, url, "two")) as other,
    ):
        await other.container.server.worker().drain()
        yield runs, other


def node(folder: Path, url: str, name: str) -> dict[str, object]:
    settings = Settings(
        data_dir=folder / name, database_url=url, default_agent="fake", shutdown_s=2.0
    )
    return {"settings": settings, "worker_settings": server_worker(settings, instance=name)}


def pausing_of(graph: Graph) -> Pausing:
    container = graph.container
    return Pausing(
        tasks=container.store.task_store(),
        runs=container.server.worker().runs,
        catalog=container.agents.catalog(),
        notifier=container.streams.notifier(),
        kinds=("fake",),
    )


async def until(graph: Graph, task: Task, status: TaskStatus) -> None:
    with anyio.fail_after(PATIENCE_S):
        while await graph.status(task) is not status:
            await anyio.lowlevel.checkpoint()
