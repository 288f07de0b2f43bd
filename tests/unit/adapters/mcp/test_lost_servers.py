"""Servers of the Model Context Protocol that refuse, go away, or restart while a task runs."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.mcp.mcp_tool_source import McpToolSource
from adapters.process.linux_process_host import LinuxProcessHost
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed, ToolError
from domain.ids import AgentName, TaskId
from domain.mcp_server import McpServer
from ports.tool import Tool, ToolResult
from tests.mcp_servers import mcp_tools, served_at
from tests.patience import PATIENCE_S
from tests.process_fakes import tool_context

_PROTOCOL = "2025-06-18"


class SessionServer:
    """Speaks as servers with sessions do; it can forget them, and refuse everybody."""

    def __init__(self) -> None:
        self.sessions: set[str] = set()
        self.refusal: int | None = None
        self._begun = 0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/mcp", self._answer, methods=["POST", "GET", "DELETE"])])

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405)
        if self.refusal is not None:
            return Response(status_code=self.refusal)
        message = json.loads(await request.body())
        if message["method"] == "initialize":
            return self._begin(message)
        if message["method"] == "server/discover":
            error = {"code": -32601, "message": "no such method"}
            return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "error": error})
        if request.headers.get("mcp-session-id") not in self.sessions:
            return Response(status_code=404)
        if "id" not in message:
            return Response(status_code=202)
        return _result(message, _RESULTS[message["method"]])

    def _begin(self, message: Mapping[str, object]) -> Response:
        self._begun += 1
        session = f"session-{self._begun}"
        self.sessions.add(session)
        about: dict[str, object] = {
            "protocolVersion": _PROTOCOL,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "t", "version": "1"},
        }
        return _result(message, about, headers={"mcp-session-id": session})


_RESULTS: Mapping[str, dict[str, object]] = {
    "tools/list": {"tools": [{"name": "ping", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "text", "text": "pong"}]},
}


def _result(
    message: Mapping[str, object],
    result: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> Response:
    return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "result": result}, headers=headers)


@asynccontextmanager
async def opened(url: str, workspace: Path) -> AsyncIterator[Mapping[str, Tool]]:
    profile = AgentProfile(
        name=AgentName("react"), kind="react", mcp_servers={"t": McpServer(url=url)}
    )
    source = McpToolSource(LinuxProcessHost(environment={}))
    with anyio.fail_after(PATIENCE_S):
        async with source.open(
            profile=profile, task_id=TaskId("task_1"), workspace=str(workspace)
        ) as tools:
            yield {tool.spec.name: tool for tool in tools}


@asynccontextmanager
async def using(server: SessionServer, workspace: Path) -> AsyncIterator[Mapping[str, Tool]]:
    async with (
        served_at(server.app()) as port,
        opened(f"http://127.0.0.1:{port}/mcp", workspace) as tools,
    ):
        yield tools


async def call(tool: Tool, **arguments: object) -> ToolResult:
    return await tool.call(arguments, tool_context("/workspace"))


@pytest.mark.parametrize(("status", "reason"), [(401, "401 Unauthorized"), (503, "503 Service")])
async def test_a_refused_connection_names_the_status(
    status: int, reason: str, tmp_path: Path
) -> None:
    server = SessionServer()
    server.refusal = status

    async with served_at(server.app()) as port:
        with pytest.raises(StartFailed, match=f"'t' cannot be used: it answered {reason}"):
            async with opened(f"http://127.0.0.1:{port}/mcp", tmp_path):
                raise AssertionError("it was opened")


async def test_a_refused_call_names_the_status(tmp_path: Path) -> None:
    server = SessionServer()
    async with using(server, tmp_path) as tools:
        server.refusal = 401
        with pytest.raises(ToolError, match=r"^t__ping: .*\(401 Unauthorized\)$"):
            await call(tools["t__ping"])

        server.refusal = None
        assert await call(tools["t__ping"]) == ToolResult(content="pong")


async def test_a_lost_session_is_reopened_by_the_next_call(tmp_path: Path) -> None:
    server = SessionServer()
    async with using(server, tmp_path) as tools:
        server.sessions.clear()
        with pytest.raises(ToolError, match=r"^t__ping: "):
            await call(tools["t__ping"])

        assert await call(tools["t__ping"]) == ToolResult(content="pong")


async def test_a_server_that_comes_back_is_used_again(tmp_path: Path) -> None:
    ports: list[int] = []
    is_there, may_go = anyio.Event(), anyio.Event()

    async def serve_at_first() -> None:
        async with served_at(mcp_tools().streamable_http_app()) as port:
            ports.append(port)
            is_there.set()
            await may_go.wait()

    first = asyncio.create_task(serve_at_first())
    await is_there.wait()
    async with opened(f"http://127.0.0.1:{ports[0]}/mcp", tmp_path) as tools:
        may_go.set()
        await first
        for complaint in (r"^t__add: ", r"^t__add: the MCP server 't' cannot be used"):
            with pytest.raises(ToolError, match=complaint):
                await call(tools["t__add"], a=1, b=2)

        async with served_at(mcp_tools().streamable_http_app(), port=ports[0]):
            assert await call(tools["t__add"], a=1, b=2) == ToolResult(content="3")


async def test_a_tool_without_arguments_names_its_properties(tmp_path: Path) -> None:
    server = SessionServer()
    async with using(server, tmp_path) as tools:
        assert tools["t__ping"].spec.parameters == {"type": "object", "properties": {}}
