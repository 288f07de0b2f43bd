"""Every event that the ReAct agent can make, asked of models on each wire, as the API promises."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import jsonschema_rs
import pytest
from dependency_injector import providers

from adapters.tools.ask_user import AskUserTool
from adapters.tools.update_plan import UpdatePlanTool
from application.watching.stream_request import StreamRequest
from domain.agent_profile import AgentProfile
from domain.ids import AgentName, TaskId
from domain.principal import LOCAL
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.language_model import LanguageModel
from ports.tool import ToolContext, ToolResult
from tests.integration.graph import FakeRunner, Graph, next_step
from tests.model_apis import SERVED, ModelApi
from tests.model_replies import Answer, AskedCall, HttpFault, Reply
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeTool

Json = dict[str, object]


def asked(tool_name: str, **arguments: object) -> AskedCall:
    return AskedCall(tool_name=tool_name, arguments=json.dumps(arguments))


def plan(status: str) -> AskedCall:
    phases = [{"id": "a", "name": "look", "status": status}]
    return asked("update_plan", goal="all of it", phases=phases)


USED: Json = {
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "input_tokens": 10,
    "output_tokens": 5,
    "total_tokens": 15,
}
"""In the words of every wire; each reads its own."""
BROKEN = AskedCall(tool_name="talk", arguments='{"path": ')
REPLIES: Sequence[Reply] = [
    HttpFault(status=429, retry_after="0"),
    Answer(reasoning=("Hm, ", "a plan."), text=("I ", "plan."), calls=(plan("in_progress"),)),
    Answer(calls=(asked("ask_user", question="Which one?"),)),
    Answer(text=("I talk.",), calls=(asked("talk"), BROKEN, plan("completed"))),
    Answer(text=("All ", "done."), usage=USED),
]
TOLD = {
    "task_queued",
    "task_started",
    "task_analysis",
    "plan_created",
    "phase_start",
    "phase_complete",
    "iteration_start",
    "iteration_complete",
    "thinking",
    "think_delta",
    "think_complete",
    "message_delta",
    "message",
    "tool_call_start",
    "tool_call_stream",
    "tool_call_complete",
    "approval_required",
    "approval_resolved",
    "input_required",
    "input_received",
    "token_usage",
    "error",
    "progress",
    "task_paused",
    "task_resumed",
    "task_complete",
}


async def talk(_: Mapping[str, object], context: ToolContext) -> ToolResult:
    await context.stream("x" * 9000)
    return ToolResult(content="x" * 9000)


@pytest.mark.parametrize("served", SERVED, ids=lambda served: served.name)
async def test_every_event_appears_and_is_as_the_api_describes_it(
    tmp_path: Path, served: ModelApi
) -> None:
    async with served.by(*REPLIES) as (model, _), reacting(tmp_path, model) as (graph, http):
        answer = await http.post("/api/v1/tasks", json={"task": "go", "agent": "react"})
        task_id = answer.json()["task_id"]
        task, until = f"/api/v1/tasks/{task_id}", await waiting(graph, task_id)
        await until("waiting")
        await done(http, f"{task}/pause")
        await done(http, f"{task}/input", kind="message", data="b")
        await until("paused")
        await done(http, f"{task}/resume")
        await until("waiting")
        [approval] = (await http.get("/api/v1/approvals?status=pending")).json()["items"]
        path = f"/api/v1/approvals/{approval['approval_id']}"
        await done(http, path, decision="approve")
        await until("completed")
        page = await http.get(f"{task}/events?limit=1000", headers={"accept": "application/json"})
        described = (await http.get("/openapi.json")).json()

    events: list[Json] = page.json()["items"]
    assert {event["event_type"] for event in events} == TOLD
    assert_as_described(events, described["components"])
    assert_in_pairs(events)
    statuses = [event["status"] for event in events if event["event_type"] == "tool_call_complete"]
    assert sorted(map(str, statuses)) == ["error", "ok", "ok", "ok", "ok"]


@asynccontextmanager
async def reacting(
    folder: Path, model: LanguageModel
) -> AsyncIterator[tuple[Graph, httpx2.AsyncClient]]:
    settings = Settings(
        data_dir=folder, database_url="memory:", default_agent="react", llm_window_tokens=2000
    )
    profile = AgentProfile(name=AgentName("react"), kind="react", approvals={"talk": "ask"})
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(model),
        tools=providers.Object([FakeTool("talk", talk), AskUserTool(), UpdatePlanTool()]),
        profiles=providers.Object([profile]),
    )
    async with opened(container):
        transport = httpx2.ASGITransport(app=container.http.application())
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield Graph(container, FakeRunner()), http


async def done(http: httpx2.AsyncClient, path: str, **body: str) -> None:
    answer = await http.post(path, json=body)
    assert answer.is_success, answer.text


async def waiting(graph: Graph, task_id: TaskId) -> Callable[[str], Awaitable[None]]:
    """Waits for a status; looks at the task again after each of its events."""
    watch = await graph.container.streams.watches().open(LOCAL, StreamRequest(task_ids=(task_id,)))
    assert watch is not None

    async def until(status: str) -> None:
        with anyio.fail_after(PATIENCE_S):
            while (await graph.coordinator.get_task(LOCAL, task_id)).status != status:
                await next_step(watch)

    return until


def assert_as_described(events: Sequence[Json], components: Json) -> None:
    schema = {"$ref": "#/components/schemas/AgentEvent", "components": components}
    validator = jsonschema_rs.Draft202012Validator(schema)
    for event in events:
        assert [error.message for error in validator.iter_errors(event)] == []


def assert_in_pairs(events: Sequence[Json]) -> None:
    pairs = [
        ("tool_call_start", "tool_call_complete", "call_id"),
        ("iteration_start", "iteration_complete", "iteration"),
        ("thinking", "think_complete", "iteration"),
        ("phase_start", "phase_complete", "phase_id"),
        ("approval_required", "approval_resolved", "approval_id"),
        ("task_queued", "task_complete", "task_id"),
    ]
    for begin, end, name in pairs:
        begun, ended = places(events, begin, name), places(events, end, name)
        assert begun.keys() == ended.keys()
        assert all(begun[key] < ended[key] for key in begun)


def places(events: Sequence[Json], event_type: str, name: str) -> dict[object, int]:
    """The positions of the events of this type, by their distinguishing field."""
    found = [place for place, event in enumerate(events) if event["event_type"] == event_type]
    by_name = {events[place][name]: place for place in found}
    assert len(by_name) == len(found)
    return by_name
