"""A server at a URL outlives a task's connection to it, so that a lost one is made again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from adapters.mcp.kept_server import KeptServer
from adapters.mcp.server_lost import ServerLost
from domain.errors import StartFailed, ToolError
from ports.tool import Tool, ToolContext, ToolResult, ToolSpec

_LEAVE_S = 1.0


class ReconnectingServer:
    """The call in which a connection is lost fails; the next one makes another."""

    def __init__(self, keep: Callable[[], KeptServer]) -> None:
        self._keep = keep
        self._kept = keep()
        self._given_up: KeptServer | None = None
        self._turn = asyncio.Lock()

    async def tools(self) -> Sequence[Tool]:
        """Raises StartFailed."""
        return [_LastingTool(tool.spec, self) for tool in await self._kept.tools()]

    async def call(
        self, name: str, arguments: Mapping[str, object], context: ToolContext
    ) -> ToolResult:
        kept = await self._current()
        tool = await _tool(name, kept)
        try:
            return await tool.call(arguments, context)
        except ServerLost:
            self._given_up = kept
            raise

    async def leave(self, *, grace_s: float) -> None:
        await self._kept.leave(grace_s=grace_s)

    async def _current(self) -> KeptServer:
        async with self._turn:
            if self._kept.is_lost or self._kept is self._given_up:
                await self._kept.leave(grace_s=_LEAVE_S)
                self._kept = self._keep()
            return self._kept


class _LastingTool:
    def __init__(self, spec: ToolSpec, server: ReconnectingServer) -> None:
        self.spec = spec
        self._server = server

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        return await self._server.call(self.spec.name, arguments, context)


async def _tool(name: str, kept: KeptServer) -> Tool:
    try:
        tools = await kept.tools()
    except StartFailed as error:
        raise ToolError(f"{name}: {error}") from error
    for tool in tools:
        if tool.spec.name == name:
            return tool
    raise ToolError(f"{name}: the server does not offer it any more")
