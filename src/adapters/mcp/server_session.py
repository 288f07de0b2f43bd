"""A session with one MCP server, which is started here or served at a URL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx2
from mcp import Client
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation
from mcp.types import Tool as ServedTool

from adapters.mcp.mcp_tool import HttpFailures, McpTool, tool_names
from adapters.mcp.process_pipe import ProcessPipe
from domain.errors import StartFailed, StateConflict
from domain.mcp_server import McpServer
from ports.process import Command, ProcessHost, RunningProcess
from ports.tool import Tool

_MOST_TOOLS = 200
_GRACE_S = 1.0
_EXIT_S = 5.0
"""For a server that has closed its output and does not exit."""
_CLIENT = Implementation(name="agentcast", title="Agentcast", version="1")


@asynccontextmanager
async def open_session(
    name: str, server: McpServer, command: Command, host: ProcessHost
) -> AsyncIterator[Sequence[Tool]]:
    """`command` starts a server without a URL."""
    if server.url is not None:
        async with _at_url(name, server, server.url) as tools:
            yield tools
        return
    async with host.start(command) as process:
        pipe = ProcessPipe(process)
        try:
            async with _tools(name, server, pipe.streams()) as tools:
                yield tools
        except Exception as error:
            # A server that is still running failed in another way.
            if not pipe.has_ended or (ended := await _exit_of(process)) is None:
                raise
            output = f", and its last output was: {pipe.last_output}" if pipe.last_output else ""
            raise StartFailed(f"it ended {ended}{output}") from error
        finally:
            await _stopped(process)


@asynccontextmanager
async def _at_url(name: str, server: McpServer, url: str) -> AsyncIterator[Sequence[Tool]]:
    failures = HttpFailures()
    timeout = httpx2.Timeout(server.call_s, connect=server.start_s)
    hooks = {"response": [failures.record]}
    is_open = False
    try:
        async with (
            httpx2.AsyncClient(
                headers=dict(server.headers), timeout=timeout, event_hooks=hooks
            ) as http,
            _tools(name, server, streamable_http_client(url, http_client=http), failures) as tools,
        ):
            is_open = True
            yield tools
    except Exception as error:
        if is_open or not failures.refusal:
            raise
        raise StartFailed(f"it answered {failures.refusal}") from error


@asynccontextmanager
async def _tools(
    name: str, server: McpServer, transport: Transport, failures: HttpFailures | None = None
) -> AsyncIterator[Sequence[Tool]]:
    async with Client(
        transport, client_info=_CLIENT, read_timeout_seconds=server.call_s
    ) as client:
        served = await _listed(client)
        names = tool_names(name, [tool.name for tool in served])
        yield [
            McpTool(tool, name=name, client=client, call_s=server.call_s, failures=failures)
            for tool, name in zip(served, names, strict=True)
        ]


async def _listed(client: Client) -> Sequence[ServedTool]:
    page = await client.list_tools()
    served = list(page.tools)
    while page.next_cursor and len(served) < _MOST_TOOLS:
        page = await client.list_tools(cursor=page.next_cursor)
        served += page.tools
    return served[:_MOST_TOOLS]


async def _exit_of(process: RunningProcess) -> str | None:
    """How it exited; None if it is still running."""
    try:
        async with asyncio.timeout(_EXIT_S):
            ended = await process.wait()
    except TimeoutError:
        return None
    return f"by signal {ended.signal}" if ended.signal else f"with exit code {ended.code}"


async def _stopped(process: RunningProcess) -> None:
    """End the input, which should make it exit; else stop it."""
    with suppress(StateConflict):
        await process.end_input()
    try:
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
    except TimeoutError:
        await process.stop(grace_s=_GRACE_S)
