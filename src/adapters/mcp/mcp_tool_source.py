"""Opens the servers that a profile names, and offers their tools while its task runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio

from adapters.mcp.kept_server import KeptServer, Opened
from adapters.mcp.reconnecting_server import ReconnectingServer
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.ids import TaskId
from domain.mcp_server import McpServer
from ports.process import Command, ProcessHost
from ports.tool import Tool

_LEAVE_S = 5.0

OpenServer = Callable[[str, McpServer, Command, ProcessHost], Opened]


class McpToolSource:
    def __init__(self, process_host: ProcessHost) -> None:
        self._process_host = process_host

    @asynccontextmanager
    async def open(
        self, *, profile: AgentProfile, task_id: TaskId, workspace: str
    ) -> AsyncIterator[Sequence[Tool]]:
        """All servers start at the same time."""
        if not profile.mcp_servers:
            yield ()
            return
        opened_server = await asyncio.to_thread(_load_protocol)
        kept: list[KeptServer | ReconnectingServer] = []
        try:
            for name, server in profile.mcp_servers.items():
                command = _command(server, profile, task_id, workspace)
                keep = partial(self._kept, opened_server, name, server, command)
                kept.append(keep() if server.url is None else ReconnectingServer(keep))
            yield [tool for one in kept for tool in await one.tools()]
        finally:
            await _all_left(kept)

    def _kept(
        self, opened_server: OpenServer, name: str, server: McpServer, command: Command
    ) -> KeptServer:
        opened = opened_server(name, server, command, self._process_host)
        return KeptServer(name, opened, start_s=server.start_s)


def _load_protocol() -> OpenServer:
    """Only when it is needed: the package is large, and not everybody has it."""
    try:
        from adapters.mcp.opened_server import opened_server
    except ImportError as error:
        raise StartFailed(
            "MCP servers need one more package: pip install 'agentcast[mcp]'"
        ) from error
    return opened_server


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


async def _all_left(kept: Sequence[KeptServer | ReconnectingServer]) -> None:
    """Also when the run is cancelled in a way that is repeated at every wait."""
    with anyio.CancelScope(shield=True):
        async with asyncio.TaskGroup() as group:
            for server in kept:
                group.create_task(server.leave(grace_s=_LEAVE_S))
