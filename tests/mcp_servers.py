"""A server of the Model Context Protocol, made with the official SDK.

`python -m tests.mcp_servers` speaks on its standard input and output.
"""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from socket import socket

import anyio
import uvicorn
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from starlette.types import ASGIApp, Receive, Scope, Send


def mcp_tools() -> MCPServer:
    server = MCPServer("tools")

    @server.tool()
    def add(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    @server.tool()
    def look() -> list[str | Image]:
        """What is to be seen."""
        return ["a dot", Image(data=b"\x89PNG", format="png")]

    @server.tool()
    def fail() -> str:
        """Fails."""
        raise ValueError("it is broken")

    @server.tool(name="with.dots")
    async def slow(ctx: Context) -> str:
        """Tells how far it is."""
        await ctx.report_progress(1, 2, "half of it")
        return "all of it"

    @server.tool()
    async def hang() -> str:
        """Never answers."""
        await anyio.sleep_forever()
        return ""

    @server.tool()
    def environment() -> str:
        """Names of variables."""
        return " ".join(sorted(os.environ))

    @server.tool()
    def variable(name: str) -> str:
        """The value of a variable."""
        return f"it is {os.environ[name]}"

    @server.tool()
    def complain(name: str) -> str:
        """Fails with the value of a variable."""
        raise ToolError(f"it is not {os.environ[name]}")

    @server.tool()
    def leave() -> str:
        """Ends the server."""
        os._exit(3)

    return server


class HeaderRecorder:
    """Sits in front of a server and keeps the headers of what was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.headers: list[Mapping[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
        await self._app(scope, receive, send)


class _Server(uvicorn.Server):
    """Says when it is there, and leaves the signals of the test's process alone."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1
        )
        super().__init__(config)
        self.is_there = anyio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_there.set()


@asynccontextmanager
async def mcp_over_http() -> AsyncIterator[tuple[str, HeaderRecorder]]:
    app = HeaderRecorder(mcp_tools().streamable_http_app())
    async with served_at(app) as port:
        yield f"http://127.0.0.1:{port}/mcp", app


@asynccontextmanager
async def served_at(app: ASGIApp, *, port: int = 0) -> AsyncIterator[int]:
    """Gives the port, a free one unless one is named."""
    server = _Server(app, port=port)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        await server.is_there.wait()
        chosen: int = server.servers[0].sockets[0].getsockname()[1]
        yield chosen
        server.should_exit = True


if __name__ == "__main__":
    mcp_tools().run()
