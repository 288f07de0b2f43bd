"""The ReAct agent with the tools of an MCP server, in the wired graph."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dependency_injector import providers

from application.serving.submit_task import SubmitTask
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.agent_settings import AgentSettings, McpServerSettings
from entrypoints.settings.settings import Settings
from ports.language_model import TextDelta
from tests.integration.graph import FakeRunner, Graph
from tests.mcp_servers import mcp_over_http
from tests.react_fakes import FakeModel, Step, tool_call

DONE: Sequence[Step] = [TextDelta(text="it is 5")]


async def carried_out(
    tmp_path: Path, model: FakeModel, **servers: McpServerSettings
) -> tuple[Task, Sequence[Mapping[str, object]]]:
    settings = Settings(
        data_dir=tmp_path,
        database_url="memory:",
        agents={"react": AgentSettings(kind="react", mcp_servers=servers)},
        shutdown_s=2.0,
    )
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        language_model=providers.Object(model),
    )
    async with opened(container):
        graph = Graph(container, FakeRunner())
        request = SubmitTask(text="go", session_id=SessionId("s"), agent=AgentName("react"))
        submitted = (await graph.coordinator.submit(LOCAL, request)).task
        task = await graph.ended(submitted)
        return task, await graph.events(submitted)


async def test_a_model_calls_the_tools_of_a_server(tmp_path: Path) -> None:
    model = FakeModel([tool_call("sums__add", a=2, b=3)], DONE)

    async with mcp_over_http() as (url, _):
        task, events = await carried_out(tmp_path, model, sums=McpServerSettings(url=url))

    assert task.status is TaskStatus.COMPLETED
    assert {"shell", "edit_file", "sums__add"} <= {tool.name for tool in model.requests[0].tools}
    assert "fetch_url" not in {tool.name for tool in model.requests[0].tools}
    [call] = [event for event in events if event["event_type"] == "tool_call_complete"]
    assert (call["tool_name"], call["status"], call["result"]) == ("sums__add", "ok", "5")


async def test_a_server_that_cannot_start_fails_the_task_and_is_named(tmp_path: Path) -> None:
    model = FakeModel(DONE)

    task, events = await carried_out(
        tmp_path, model, sums=McpServerSettings(command="no-such-command")
    )

    assert (task.status, task.reason) == (TaskStatus.FAILED, "start_failed")
    assert "the MCP server 'sums' cannot be used" in str(events[-1]["error"])
    assert model.requests == []
