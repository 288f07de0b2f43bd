"""Tasks that rest where a person wants it, in the wired graph."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
from dependency_injector import providers

from application.serving.pausing import Pausing
from domain.errors import StateConflict, TaskNotFound
from domain.ids import TaskId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.language_model import ModelPart, ModelRequest, TextDelta
from ports.tool import ToolContext, ToolResult
from tests.integration.graph import FakeRunner, Graph, for_ever, running
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeModel, FakeTool, Step, tool_call

DONE: Sequence[Step] = [TextDelta(text="done")]


class HeldTool(FakeTool):
    """Its call lasts until the test lets it end."""

    def __init__(self) -> None:
        super().__init__("hold", self._hold)
        self.called = anyio.Event()
        self.may_end = anyio.Event()

    async def _hold(self, _: Mapping[str, object], __: ToolContext) -> ToolResult:
        self.called.set()
        await self.may_end.wait()
        return ToolResult(content="paused")


class AskedModel(FakeModel):
    """Tells when it is asked."""

    def __init__(self, asked: anyio.Event, *answers: Sequence[Step]) -> None:
        super().__init__(*answers)
        self._asked = asked

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        self._asked.set()
        async for part in super().stream(request):
            yield part


@asynccontextmanager
async def holding(tmp_path: Path, tool: HeldTool) -> AsyncIterator[tuple[Graph, Task]]:
    """A task of the react agent that has called the tool, and would answer after it."""
    async with reacting(tmp_path, FakeModel([tool_call("hold")], DONE), tool) as graph:
        task = await graph.submit("go", agent="react")
        with anyio.fail_after(PATIENCE_S):
            await tool.called.wait()
        yield graph, task


@asynccontextmanager
async def reacting(tmp_path: Path, model: FakeModel, tool: HeldTool) -> AsyncIterator[Graph]:
    settings = Settings(
        data_dir=tmp_path, database_url="memory:", default_agent="react", shutdown_s=2.0
    )
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(model),
        tools=providers.Object([tool]),
    )
    async with opened(container):
        yield Graph(container, FakeRunner())


async def paused(graph: Graph, task: Task, tool: HeldTool) -> Pausing:
    pausing = graph.container.server.pausing()
    await pausing.pause(LOCAL, task.task_id)
    tool.may_end.set()
    await until(graph, task, TaskStatus.PAUSED)
    return pausing


async def until(graph: Graph, task: Task, status: TaskStatus) -> None:
    with anyio.fail_after(PATIENCE_S):
        while await graph.status(task) is not status:
            await anyio.lowlevel.checkpoint()


async def test_a_task_rests_between_two_iterations_and_goes_on(tmp_path: Path) -> None:
    tool = HeldTool()
    async with holding(tmp_path, tool) as (graph, task):
        pausing = await paused(graph, task, tool)

        await pausing.resume(LOCAL, task.task_id)

        assert (await graph.ended(task)).status is TaskStatus.COMPLETED
        types = await graph.event_types(task)
        at = types.index("task_paused")
        assert types[at - 1 : at + 3] == [
            "iteration_complete",
            "task_paused",
            "task_resumed",
            "iteration_start",
        ]


async def test_a_task_rests_before_the_calls_that_it_has_thought_of(tmp_path: Path) -> None:
    asked, may_answer = anyio.Event(), anyio.Event()
    tool = HeldTool()
    model = AskedModel(asked, [may_answer, tool_call("hold")], DONE)
    async with reacting(tmp_path, model, tool) as graph:
        task = await graph.submit("go", agent="react")
        with anyio.fail_after(PATIENCE_S):
            await asked.wait()
        pausing = graph.container.server.pausing()
        await pausing.pause(LOCAL, task.task_id)
        may_answer.set()
        await until(graph, task, TaskStatus.PAUSED)
        was_called = tool.called.is_set()

        tool.may_end.set()
        await pausing.resume(LOCAL, task.task_id)

        assert (await graph.ended(task)).status is TaskStatus.COMPLETED
        types = await graph.event_types(task)
        assert not was_called
        assert types[types.index("task_resumed") + 1] == "tool_call_start"


async def test_a_paused_task_can_be_cancelled(tmp_path: Path) -> None:
    tool = HeldTool()
    async with holding(tmp_path, tool) as (graph, task):
        await paused(graph, task, tool)

        await graph.coordinator.cancel(LOCAL, task.task_id)

        assert (await graph.ended(task)).status is TaskStatus.CANCELLED
        assert (await graph.event_types(task))[-3:] == [
            "task_paused",
            "cancel_requested",
            "task_cancelled",
        ]


async def test_a_wish_that_is_taken_back_in_time_leaves_no_trace(tmp_path: Path) -> None:
    tool = HeldTool()
    async with holding(tmp_path, tool) as (graph, task):
        pausing = graph.container.server.pausing()
        await pausing.pause(LOCAL, task.task_id)
        await pausing.pause(LOCAL, task.task_id)
        await pausing.resume(LOCAL, task.task_id)
        tool.may_end.set()

        assert (await graph.ended(task)).status is TaskStatus.COMPLETED
        assert "task_paused" not in await graph.event_types(task)


async def test_a_state_that_does_not_allow_it_is_named(tmp_path: Path) -> None:
    tool = HeldTool()
    async with holding(tmp_path, tool) as (graph, task):
        queued = await graph.submit("wait", agent="react")
        pausing = graph.container.server.pausing()

        with pytest.raises(StateConflict, match="the task is running; only one that is paused"):
            await pausing.resume(LOCAL, task.task_id)
        with pytest.raises(StateConflict, match="the task is queued; only one that is running"):
            await pausing.pause(LOCAL, queued.task_id)
        await paused(graph, task, tool)
        with pytest.raises(StateConflict, match="the task is paused; only one that is running"):
            await pausing.pause(LOCAL, task.task_id)
        await pausing.resume(LOCAL, task.task_id)
        await graph.ended(task)
        with pytest.raises(StateConflict, match="the task is completed; only one that is paused"):
            await pausing.resume(LOCAL, task.task_id)
        with pytest.raises(TaskNotFound):
            await pausing.pause(LOCAL, TaskId("nobody's"))


async def test_an_agent_without_points_to_rest_at_cannot_be_paused(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["go"] = for_ever
        task = await graph.submit("go")
        with anyio.fail_after(PATIENCE_S):
            await graph.runner.has_started(task)

        with pytest.raises(StateConflict, match="agents like its own cannot be paused"):
            await graph.container.server.pausing().pause(LOCAL, task.task_id)


async def test_the_routes_accept_a_pause_or_refuse_it_with_the_reason(tmp_path: Path) -> None:
    tool = HeldTool()
    async with holding(tmp_path, tool) as (graph, task):
        transport = httpx2.ASGITransport(app=graph.container.http.application())
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost:8080/api/v1/tasks"
        ) as client:
            asked = await client.post(f"/{task.task_id}/pause")
            tool.may_end.set()
            await until(graph, task, TaskStatus.PAUSED)
            again = await client.post(f"/{task.task_id}/pause")
            resumed = await client.post(f"/{task.task_id}/resume")
            unknown = await client.post("/task_of_nobody/resume")

        assert (asked.status_code, asked.json()["task_id"]) == (202, task.task_id)
        assert (again.status_code, again.json()["code"]) == (409, "state_conflict")
        assert again.json()["detail"].startswith("the task is paused; ")
        assert (resumed.status_code, resumed.json()["task_id"]) == (202, task.task_id)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "task_not_found")
        assert (await graph.ended(task)).status is TaskStatus.COMPLETED
