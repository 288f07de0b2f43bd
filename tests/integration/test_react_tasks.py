"""Tasks of the ReAct agent in the wired graph: limits, questions, plans and the session."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from adapters.tools.ask_user import AskUserTool
from adapters.tools.update_plan import UpdatePlanTool
from application.running.run_signals import ShutDown
from application.serving.submit_task import SubmitTask
from domain.errors import ModelRefused, StateConflict
from domain.ids import AgentName, SessionId
from domain.limits import Limits
from domain.principal import LOCAL
from domain.task import Approval, Task, TaskStatus
from domain.task_input import MessageInput
from domain.usage import Usage
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.approval_store import ApprovalQuery
from ports.language_model import TextDelta
from ports.tool import ToolContext, ToolResult
from tests.integration.graph import FakeRunner, Graph
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeModel, FakeTool, Step, ok, tool_call, usage

DONE: Sequence[Step] = [TextDelta(text="done")]


@asynccontextmanager
async def reacting(
    tmp_path: Path, *answers: Sequence[Step], window_tokens: int = 100_000
) -> AsyncIterator[Graph]:
    """The react agent as it is, but with a model that answers so and tools that do little."""
    settings = Settings(
        data_dir=tmp_path,
        database_url="memory:",
        default_agent="react",
        shutdown_s=2.0,
        llm_window_tokens=window_tokens,
    )
    tools = [
        FakeTool("ls", ok),
        FakeTool("talk", talk),
        FakeTool("cat", cat),
        AskUserTool(),
        UpdatePlanTool(),
    ]
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(FakeModel(*answers)),
        tools=providers.Object(tools),
    )
    async with opened(container):
        yield Graph(container, FakeRunner())


async def talk(_: Mapping[str, object], context: ToolContext) -> ToolResult:
    await context.stream("x" * 100)
    return ToolResult(content="ok")


async def cat(_: Mapping[str, object], context: ToolContext) -> ToolResult:
    return ToolResult(content=f"{context.call_id}{'x' * 3000}")


async def submit(
    graph: Graph, *, limits: Limits | None = None, approval: Approval | None = None
) -> Task:
    request = SubmitTask(
        text="go",
        session_id=SessionId("s"),
        agent=AgentName("react"),
        limits=limits,
        approval=approval,
    )
    return (await graph.coordinator.submit(LOCAL, request)).task


def spending(*, usd: float) -> list[Step]:
    used = usage(10, 5)
    return [tool_call("talk"), replace(used, usage=replace(used.usage, cost_usd=usd))]


@pytest.mark.parametrize(
    ("limits", "reason", "calls"),
    [
        (Limits(iterations=2), "limit.iterations", 2),
        (Limits(tool_calls=2), "limit.tool_calls", 2),
        (Limits(tokens=20), "limit.tokens", 1),
        (Limits(usd=0.5), "limit.usd", 1),
        (Limits(output_bytes=150), "limit.output", 2),
    ],
)
async def test_a_task_ends_within_one_call_of_its_limit_and_names_it(
    tmp_path: Path, limits: Limits, reason: str, calls: int
) -> None:
    async with reacting(tmp_path, spending(usd=0.4)) as graph:
        task = await submit(graph, limits=limits)
        ended = await graph.ended(task)
        types = await graph.event_types(task)

    assert (ended.status, ended.reason) == (TaskStatus.FAILED, reason)
    assert types.count("tool_call_start") == calls
    assert types.count("tool_call_complete") == calls
    assert types.count("iteration_start") == types.count("iteration_complete")
    assert types[-1] == "task_failed"
    assert ended.usage is not None


async def test_a_question_of_the_agent_is_answered_by_what_people_send(tmp_path: Path) -> None:
    question = [tool_call("ask_user", question="Which one?", choices=["a", "b"])]
    async with reacting(tmp_path, question, DONE) as graph:
        task = await submit(graph)
        await until_waiting(graph, task)
        await graph.container.server.task_terminals().send(
            LOCAL, task.task_id, MessageInput(text="b")
        )
        await graph.ended(task)
        events = await graph.events(task)

    types = [event["event_type"] for event in events]
    assert types[types.index("input_required") :][:3] == [
        "input_required",
        "input_received",
        "tool_call_complete",
    ]
    [asked] = [(event["prompt"], event["choices"]) for event in events if "prompt" in event]
    [result] = [event["result"] for event in events if "result" in event]
    assert (asked, result) == (("Which one?", ["a", "b"]), "b")


async def test_a_task_that_fails_in_a_later_attempt_keeps_what_all_attempts_used(
    tmp_path: Path,
) -> None:
    question: Sequence[Step] = [tool_call("ask_user", question="Which one?"), usage(10, 5)]
    async with reacting(tmp_path, question, [ModelRefused("no such model")]) as graph:
        task = await submit(graph)
        await until_waiting(graph, task)
        graph.container.server.worker().runs.stop(task.task_id, ShutDown())
        await until_resumed(graph, task)
        await graph.container.server.task_terminals().send(
            LOCAL, task.task_id, MessageInput(text="b")
        )
        ended = await graph.ended(task)

    assert (ended.status, ended.reason) == (TaskStatus.FAILED, "model_error")
    assert ended.usage == Usage(input_tokens=10, output_tokens=5, total_tokens=15)


async def test_a_plan_is_reported_as_its_phases_begin_and_end(tmp_path: Path) -> None:
    async with reacting(
        tmp_path,
        [plan("in_progress", "pending")],
        [plan("completed", "in_progress")],
        [plan("completed", "completed")],
        DONE,
    ) as graph:
        task = await submit(graph)
        await graph.ended(task)
        events = await graph.events(task)

    seen = [
        (event["event_type"], event.get("phase_id", event.get("percent")))
        for event in events
        if str(event["event_type"]).startswith(("plan", "phase", "progress"))
    ]
    assert seen == [
        ("plan_created", None),
        ("phase_start", "a"),
        ("phase_complete", "a"),
        ("phase_start", "b"),
        ("progress", 50.0),
        ("phase_complete", "b"),
        ("progress", 100.0),
    ]


async def test_a_phase_of_a_new_plan_begins_though_its_id_was_used_before(tmp_path: Path) -> None:
    answers = [plan("completed", "pending")], [plan("in_progress", "pending", a="other")], DONE
    async with reacting(tmp_path, *answers) as graph:
        task = await submit(graph)
        await graph.ended(task)
        events = await graph.events(task)

    seen = [
        (event["event_type"], event.get("phase_name"))
        for event in events
        if str(event["event_type"]).startswith(("plan", "phase"))
    ]
    assert seen == [
        ("plan_created", None),
        ("phase_start", "look"),
        ("phase_complete", "look"),
        ("plan_created", None),
        ("phase_start", "other"),
    ]


async def test_every_call_of_a_task_that_wants_to_be_asked_waits_for_its_yes(
    tmp_path: Path,
) -> None:
    async with reacting(tmp_path, [tool_call("ls", path="x")], DONE) as graph:
        task = await submit(graph, approval="ask")
        await until_waiting(graph, task)
        [approval] = await graph.container.server.approvals().list(LOCAL, ApprovalQuery())
        await graph.container.server.approvals().decide(
            LOCAL, approval.approval_id, "deny", reason="no"
        )
        ended = await graph.ended(task)
        events = await graph.events(task)

    assert ended.status is TaskStatus.COMPLETED
    assert approval.request.arguments == {"path": "x"}
    [complete] = [event for event in events if event["event_type"] == "tool_call_complete"]
    assert complete["status"] == "denied"


async def test_nothing_can_be_answered_that_was_not_asked(tmp_path: Path) -> None:
    async with reacting(tmp_path, DONE) as graph:
        task = await submit(graph)
        await graph.ended(task)

        with pytest.raises(StateConflict):
            await graph.container.server.task_terminals().send(
                LOCAL, task.task_id, MessageInput(text="b")
            )


def plan(first: str, second: str, *, a: str = "look") -> Step:
    phases = [
        {"id": "a", "name": a, "status": first},
        {"id": "b", "name": "write", "status": second},
    ]
    return tool_call("update_plan", goal="all of it", phases=phases)


async def until_waiting(graph: Graph, task: Task) -> None:
    with anyio.fail_after(PATIENCE_S):
        while await graph.status(task) is not TaskStatus.WAITING:
            await anyio.lowlevel.checkpoint()


async def until_resumed(graph: Graph, task: Task) -> None:
    """Until another run of the task waits for the answer."""
    runs = graph.container.server.worker().runs
    former = runs.find(task.task_id)
    with anyio.fail_after(PATIENCE_S):
        while runs.find(task.task_id) in (None, former):
            await anyio.lowlevel.checkpoint()
    await until_waiting(graph, task)


@pytest.mark.parametrize(("window_tokens", "is_cut"), [(2000, True), (100_000, False)])
async def test_the_window_is_a_setting(tmp_path: Path, window_tokens: int, is_cut: bool) -> None:
    answers = [*[[tool_call("cat")]] * 4, DONE]
    async with reacting(tmp_path, *answers, window_tokens=window_tokens) as graph:
        task = await submit(graph)

        assert (await graph.ended(task)).status is TaskStatus.COMPLETED
        assert ("progress" in await graph.event_types(task)) is is_cut
