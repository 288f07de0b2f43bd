"""Servers of the Model Context Protocol: their tools are an agent's tools, and end with its task."""

import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import psutil
import pytest

from adapters.mcp.mcp_tool_source import McpToolSource
from adapters.process.linux_process_host import LinuxProcessHost
from domain.agent_profile import AgentProfile
from domain.approval import EVERY_EFFECT
from domain.errors import StartFailed, StateConflict, ToolError
from domain.ids import AgentName, TaskId
from domain.mcp_server import McpServer
from ports.process import Exit, Output, ProcessHost
from ports.tool import Tool, ToolResult
from tests.mcp_servers import mcp_over_http
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, tool_context

PROJECT = Path(__file__).parents[4]
STDIO = McpServer(
    command=sys.executable,
    args=("-m", "tests.mcp_servers"),
    env={"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
    env_passthrough=("PASSED",),
)
REFUSING = """
import json, sys
print("still here", file=sys.stderr, flush=True)
for line in sys.stdin:
    if "id" in (asked := json.loads(line)):
        error = {"code": -32603, "message": "no licence"}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}), flush=True)
"""
WITHOUT_TOOLS = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        about = {"capabilities": {"tools": {}}, "serverInfo": {"name": "none", "version": "1"}}
        version = asked.get("params", {}).get("protocolVersion")
        result = {"tools": [], **about, "protocolVersion": version}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
QUICK = McpServer(command=sys.executable, args=("-S", "-c", WITHOUT_TOOLS, "tests.mcp_servers"))
"""A server that is there soon, for those that have to be one of several."""
ENVIRONMENT = {"PATH": os.environ["PATH"], "PASSED": "1", "SECRET": "s3cret"}


@asynccontextmanager
async def opened(
    workspace: Path, host: ProcessHost | None = None, /, **servers: McpServer
) -> AsyncIterator[Mapping[str, Tool]]:
    source = McpToolSource(host or LinuxProcessHost(environment=ENVIRONMENT))
    profile = AgentProfile(
        name=AgentName("react"), kind="react", sandbox="none", mcp_servers=servers
    )
    with anyio.fail_after(PATIENCE_S):
        async with source.open(
            profile=profile, task_id=TaskId("task_1"), workspace=str(workspace)
        ) as tools:
            yield {tool.spec.name: tool for tool in tools}


async def call(tool: Tool, shown: list[str] | None = None, **arguments: object) -> ToolResult:
    return await tool.call(arguments, tool_context("/workspace", shown))


async def use(tools: Mapping[str, Tool]) -> None:
    """What is promised of a server, wherever it is."""
    shown: list[str] = []
    assert list(tools) == [
        f"t__{name}"
        for name in (
            *("add", "look", "fail", "with_dots", "hang"),
            *("environment", "variable", "complain", "leave"),
        )
    ]
    add = tools["t__add"].spec
    assert add.description == "Add two numbers."
    assert add.parameters["required"] == ["a", "b"]
    assert add.effects == EVERY_EFFECT
    assert await call(tools["t__add"], a=2, b=3) == ToolResult(content="5")
    assert await call(tools["t__look"]) == ToolResult(
        content="a dot\n[image/png, 6 bytes, left out]"
    )
    assert await call(tools["t__with_dots"], shown) == ToolResult(content="all of it")
    assert shown == ["half of it\n"]
    failed = await call(tools["t__fail"])
    assert failed.is_error
    wrong = await call(tools["t__add"], a="x")
    assert wrong.is_error
    assert "b" in wrong.content


async def test_a_server_of_its_own_process_is_used(tmp_path: Path) -> None:
    async with opened(tmp_path, t=STDIO) as tools:
        await use(tools)

        names = (await call(tools["t__environment"])).content.split()
        assert {"PASSED", "PYTHONPATH", "AGENTCAST_TASK_ID"} <= set(names)
        assert "SECRET" not in names
        running = served_processes()
        assert len(running) == 1

    assert served_processes() == []


async def test_a_server_at_a_url_is_used_with_its_headers(tmp_path: Path) -> None:
    async with mcp_over_http() as (url, asked):
        server = McpServer(url=url, headers={"Authorization": "Bearer t0ken"})
        async with opened(tmp_path, t=server) as tools:
            await use(tools)

    assert {headers.get("authorization") for headers in asked.headers} == {"Bearer t0ken"}


async def test_a_call_that_times_out_leaves_others_running(tmp_path: Path) -> None:
    async with opened(tmp_path, t=replace(STDIO, call_s=0.2)) as tools:
        with pytest.raises(ToolError, match=r"^t__hang: "):
            await call(tools["t__hang"])

        assert await call(tools["t__add"], a=1, b=1) == ToolResult(content="2")


async def test_a_lost_server_fails_its_calls_and_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path, t=STDIO) as tools:
        with pytest.raises(ToolError, match=r"^t__leave: "):
            await call(tools["t__leave"])
        with pytest.raises(ToolError, match=r"^t__add: "):
            await call(tools["t__add"], a=1, b=1)


@pytest.mark.parametrize(
    ("server", "complaint"),
    [
        (McpServer(command="no-such-command"), "no-such-command"),
        (
            McpServer(command=sys.executable, args=("-c", "exit('there is no key')")),
            "last output was: there is no key",
        ),
        (McpServer(command="sleep", args=("60",), start_s=0.2), r"not there within 0\.2 s"),
        (McpServer(command="true"), "t' cannot be used: it ended with exit code 0"),
        (
            McpServer(command=sys.executable, args=("-c", REFUSING)),
            "t' cannot be used: no licence",
        ),
        (McpServer(url="http://127.0.0.1:9/mcp"), "t' cannot be used: "),
    ],
)
async def test_a_server_that_cannot_start_is_named(
    server: McpServer, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(StartFailed, match=complaint) as raised:
        async with opened(tmp_path, u=QUICK, t=server):
            raise AssertionError("it was opened")

    assert str(raised.value).startswith("the MCP server 't' cannot be used: ")
    assert served_processes() == []


class Leaving(FakeProcess):
    """It has closed its input, and its last output arrives a little later."""

    async def write(self, data: bytes) -> None:
        self.typed.append(data)
        raise StateConflict("the process has closed its input")

    async def output(self) -> AsyncIterator[Output]:
        while not self.typed:
            await anyio.lowlevel.checkpoint()
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
        self.end(Exit(code=3))
        yield Output(stream="stderr", text="there is no key")


async def test_the_last_output_of_an_exiting_server_is_read(
    tmp_path: Path,
) -> None:
    complaint = "t' cannot be used: it ended with exit code 3, and its last output was: there is"
    with pytest.raises(StartFailed, match=complaint):
        async with opened(tmp_path, FakeProcessHost(Leaving()), t=STDIO):
            raise AssertionError("it was opened")


async def test_without_servers_nothing_is_started(tmp_path: Path) -> None:
    async with opened(tmp_path) as tools:
        assert tools == {}


async def test_an_error_during_the_session_is_raised_unchanged(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="of the run"):
        async with opened(tmp_path, t=STDIO):
            raise LookupError("of the run")

    assert served_processes() == []


async def test_a_run_that_is_cancelled_leaves_no_server(tmp_path: Path) -> None:
    with anyio.CancelScope() as scope:
        async with opened(tmp_path, t=STDIO) as tools:
            scope.cancel()
            await call(tools["t__hang"])

    assert scope.cancelled_caught
    assert served_processes() == []


def served_processes() -> Sequence[psutil.Process]:
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "tests.mcp_servers" in " ".join(child.cmdline())
    ]
