"""Whatever an agent's tool calls give is in its task's output, whole, and call by call."""

import re
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dependency_injector import providers

from adapters.http.answers.links import call_output_path
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.redaction import Redactor
from domain.task import Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from ports.language_model import TextDelta
from ports.tool import ToolContext, ToolResult
from tests.integration.graph import FakeRunner, Graph
from tests.react_fakes import FakeModel, FakeTool, Step, tool_call

DONE: Sequence[Step] = [TextDelta(text="done")]
SECRET = "sk-hidden-from-all"
NUMBERS = "".join(f"{number}\n" for number in range(1, 200_001))
CODEX = """
import json
print(json.dumps({"type": "thread.started", "thread_id": "t"}))
print(json.dumps({"type": "turn.started"}))
item = {"id": "item_1", "type": "command_execution", "command": "seq", "status": "in_progress"}
print(json.dumps({"type": "item.started", "item": item | {"aggregated_output": ""}}))
done = {"aggregated_output": "x" * 1_000_000, "exit_code": 0, "status": "completed"}
print(json.dumps({"type": "item.completed", "item": item | done}))
print(json.dumps({"type": "turn.completed", "usage": {"input_tokens": 1, "output_tokens": 1}}))
"""


class OneSecret:
    def redactor(self, profiles: Iterable[AgentProfile]) -> Redactor:
        return Redactor([SECRET])


@asynccontextmanager
async def reacting(
    tmp_path: Path, *answers: Sequence[Step], tools: Sequence[FakeTool] = ()
) -> AsyncIterator[Graph]:
    """The react agent with a model that answers so, and its own tools unless others are given."""
    settings = Settings(
        data_dir=tmp_path,
        database_url="memory:",
        default_agent="react",
        shutdown_s=2.0,
    )
    coder = AgentProfile(
        name=AgentName("coder"),
        kind="codex",
        argv=(sys.executable, "-c", CODEX),
        hand_over="none",
        pty=False,
        sandbox="none",
    )
    given = {"tools": providers.Object(tools)} if tools else {}
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(FakeModel(*answers)),
        profiles=providers.Object([AgentProfile(name=AgentName("react"), kind="react"), coder]),
        secrets=providers.Object(OneSecret()),
        **given,
    )
    async with opened(container):
        yield Graph(container, FakeRunner())


async def test_the_log_of_a_react_task_has_all_that_its_commands_wrote(tmp_path: Path) -> None:
    async with reacting(tmp_path, [tool_call("shell", command="seq 200000")], DONE) as graph:
        task = await carried_out(graph)
        [complete] = await completed(graph, task)
        log = await output(graph, task)
        call = await output(graph, task, str(complete["call_id"]))

    assert log == f"==> shell {complete['call_id']} <==\n{NUMBERS}"
    assert call == NUMBERS
    assert (complete["truncated"], complete["output_url"]) == (
        True,
        call_output_path(task.task_id, str(complete["call_id"])),
    )


async def test_calls_side_by_side_and_their_outputs_are_kept_apart(
    tmp_path: Path,
) -> None:
    command = "for n in $(seq 500); do echo {0} $n; echo {0} error $n >&2; done"
    calls = [tool_call("shell", each, command=command.format(each)) for each in ("m1", "m2", "m3")]
    async with reacting(tmp_path, calls, DONE) as graph:
        task = await carried_out(graph)
        ends = await completed(graph, task)
        kept = [await output(graph, task, str(end["call_id"])) for end in ends]
        log = await output(graph, task)
        events = await graph.events(task)

    for name in ("m1", "m2", "m3"):
        [text] = [text for text in kept if text.startswith(name)]
        lines = text.splitlines()
        assert [line for line in lines if "error" not in line] == [
            f"{name} {number}" for number in range(1, 501)
        ]
        assert len(lines) == 1000
    assert all(line in log for text in kept for line in text.splitlines())
    streamed = {
        (str(event["stream"]), "error" in line)
        for event in events
        if event["event_type"] == "tool_call_stream"
        for line in re.findall(r"m\d.*\n", str(event["chunk"]))
    }
    assert streamed == {("stdout", False), ("stderr", True)}


async def test_a_result_beyond_its_limit_is_kept_whole_and_without_secrets(tmp_path: Path) -> None:
    page = f"begin {SECRET} " + "x" * 1_000_000 + " end"

    async def fetch(_: Mapping[str, object], context: ToolContext) -> ToolResult:
        await context.stream("50 %\n")
        return ToolResult(content=page[:100], truncated=True, whole=page)

    tools = [FakeTool("docs__fetch", fetch)]
    async with reacting(tmp_path, [tool_call("docs__fetch")], DONE, tools=tools) as graph:
        task = await carried_out(graph)
        [complete] = await completed(graph, task)
        call = await output(graph, task, str(complete["call_id"]))

    assert call == "50 %\n" + page.replace(SECRET, "[redacted]")
    assert len(str(complete["result"])) < 200


@pytest.mark.parametrize("call", [("read_file", "notes.txt"), ("list_directory", ".")])
async def test_every_tool_is_in_the_log(tmp_path: Path, call: tuple[str, str]) -> None:
    name, path = call
    write = tool_call("write_file", path="notes.txt", content="remember\n")
    async with reacting(tmp_path, [write], [tool_call(name, path=path)], DONE) as graph:
        task = await carried_out(graph)
        log = await output(graph, task)
        [_, complete] = await completed(graph, task)

    assert f"==> {name} {complete['call_id']} <==\n{complete['result']}" in log


async def test_a_result_of_a_program_beyond_the_limit_of_an_event_is_kept_whole(
    tmp_path: Path,
) -> None:
    async with reacting(tmp_path, DONE) as graph:
        task = await carried_out(graph, agent="coder")
        [complete] = await completed(graph, task)
        call = await output(graph, task, "item_1")
        log = await output(graph, task)

    assert (complete["truncated"], complete["output_url"]) == (
        True,
        call_output_path(task.task_id, "item_1"),
    )
    assert call == "x" * 1_000_000
    assert log.count("x" * 1_000_000) == 1
    assert "==>" not in log


async def carried_out(graph: Graph, *, agent: str = "react") -> Task:
    task = await graph.submit("go", agent=agent)
    assert (await graph.ended(task)).status is TaskStatus.COMPLETED
    return task


async def completed(graph: Graph, task: Task) -> list[Mapping[str, object]]:
    events = await graph.events(task)
    return [event for event in events if event["event_type"] == "tool_call_complete"]


async def output(graph: Graph, task: Task, call_id: str | None = None) -> str:
    pieces = graph.container.store.output_archive().read(task.task_id, call_id=call_id)
    return b"".join([piece async for piece in pieces]).decode()
