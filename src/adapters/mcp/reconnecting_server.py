"""Reconnects to a server at a URL when the connection was lost."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from adapters.mcp.server_connection import ServerConnection, ServerLost
from domain.errors import StartFailed, ToolError
from ports.tool import Tool, ToolContext, ToolResult, ToolSpec

_CLOSE_S = 1.0


class ReconnectingServer:
    """The call that loses the connection fails; the next one reconnects."""

    def __init__(self, connect: Callable[[], ServerConnection]) -> None:
        self._connect = connect
        self._connection = connect()
        self._lost: ServerConnection | None = None
        self._lock = asyncio.Lock()

    async def tools(self) -> Sequence[Tool]:
        """Raises StartFailed."""
        return [_ReconnectingTool(tool.spec, self) for tool in await self._connection.tools()]

    async def call(
        self, name: str, arguments: Mapping[str, object], context: ToolContext
    ) -> ToolResult:
        connection = await self._current()
        tool = await _tool(name, connection)
        try:
            return await tool.call(arguments, context)
        except ServerLost:
            self._lost = connection
            raise

    async def close(self, *, grace_s: float) -> None:
        await self._connection.close(grace_s=grace_s)

    async def _current(self) -> ServerConnection:
        async with self._lock:
            if self._connection.is_lost or self._connection is self._lost:
                await self._connection.close(grace_s=_CLOSE_S)
                self._connection = self._connect()
            return self._connection


class _ReconnectingTool:
    def __init__(self, spec: ToolSpec, server: ReconnectingServer) -> None:
        self.spec = spec
        self._server = server

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        return await self._server.call(self.spec.name, arguments, context)


async def _tool(name: str, connection: ServerConnection) -> Tool:
    try:
        tools = await connection.tools()
    except StartFailed as error:
        raise ToolError(f"{name}: {error}") from error
    for tool in tools:
        if tool.spec.name == name:
            return tool
    raise ToolError(f"{name}: the server does not offer it any more")
