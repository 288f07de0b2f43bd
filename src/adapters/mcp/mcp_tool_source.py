"""Connects to the MCP servers of a profile, and offers their tools during its task."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio

from adapters.mcp.reconnecting_server import ReconnectingServer
from adapters.mcp.server_connection import Opened, ServerConnection
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.ids import TaskId
from domain.mcp_server import McpServer
from ports.process import Command, ProcessHost
from ports.tool import Tool

_CLOSE_S = 5.0
OpenServer = Callable[[str, McpServer, Command, ProcessHost], Opened]


class McpToolSource:
    def __init__(self, process_host: ProcessHost) -> None:
        self._process_host = process_host

    @asynccontextmanager
    async def open(
        self, *, profile: AgentProfile, task_id: TaskId, workspace: str
    ) -> AsyncIterator[Sequence[Tool]]:
        """All servers start concurrently."""
        if not profile.mcp_servers:
            yield ()
            return
        open_session = await asyncio.to_thread(_load_protocol)
        connections: list[ServerConnection | ReconnectingServer] = []
        try:
            for name, server in profile.mcp_servers.items():
                command = _command(server, profile, task_id, workspace)
                connect = partial(self._connection, open_session, name, server, command)
                connections.append(
                    connect() if server.url is None else ReconnectingServer(connect)
                )
            yield [tool for one in connections for tool in await one.tools()]
        finally:
            await _close_all(connections)

    def _connection(
        self, open_session: OpenServer, name: str, server: McpServer, command: Command
    ) -> ServerConnection:
        opened = open_session(name, server, command, self._process_host)
        return ServerConnection(name, opened, start_s=server.start_s)


def _load_protocol() -> OpenServer:
    """Imported on demand: the package is a large optional extra."""
    try:
        from adapters.mcp.server_session import open_session
    except ImportError as error:
        raise StartFailed(
            "MCP servers need one more package: pip install 'agentcast[mcp]'"
        ) from error
    return open_session


def _command(server: McpServer, profile: AgentProfile, task_id: TaskId, workspace: str) -> Command:
    return Command(
        argv=(server.command or "", *server.args),
        cwd=workspace,
        task_id=task_id,
        pty=False,
        env=server.env,
        env_passthrough=server.env_passthrough,
        shared_folders=profile.shared_folders,
        sockets=profile.sockets,
        shown_paths=tuple(item for item in server.args if item.startswith("/")),
        stdin="open",
        memory_bytes=profile.memory_bytes,
        max_processes=profile.processes,
        sandbox=profile.sandbox,
        network=profile.network,
    )


async def _close_all(connections: Sequence[ServerConnection | ReconnectingServer]) -> None:
    """Shielded, as the run may be cancelled again at every await."""
    with anyio.CancelScope(shield=True):
        async with asyncio.TaskGroup() as group:
            for server in connections:
                group.create_task(server.close(grace_s=_CLOSE_S))
