"""Speaks to one server of the Model Context Protocol, started here or served at a URL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx2
from mcp import Client
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation
from mcp.types import Tool as ServedTool

from adapters.mcp.http_words import HttpWords
from adapters.mcp.mcp_tool import McpTool
from adapters.mcp.process_pipe import ProcessPipe
from adapters.mcp.tool_names import tool_names
from domain.errors import StartFailed, StateConflict
from domain.mcp_server import McpServer
from ports.process import Command, ProcessHost, RunningProcess
from ports.tool import Tool

_MOST_TOOLS = 200
_LEAVE_S = 1.0
_EXIT_S = 5.0
"""A bound only for a server that has closed its output and lives on."""
_CLIENT = Implementation(name="agentcast", title="Agentcast", version="1")


@asynccontextmanager
async def opened_server(
    name: str, server: McpServer, command: Command, host: ProcessHost
) -> AsyncIterator[Sequence[Tool]]:
    """The command is for a server that has no URL."""
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
            # One that is still there has failed in another way.
            if not pipe.has_ended or (ended := await _own_end(process)) is None:
                raise
            words = f", and its last words were: {pipe.last_words}" if pipe.last_words else ""
            raise StartFailed(f"it ended {ended}{words}") from error
        finally:
            await _ended(process)


@asynccontextmanager
async def _at_url(name: str, server: McpServer, url: str) -> AsyncIterator[Sequence[Tool]]:
    words = HttpWords()
    timeout = httpx2.Timeout(server.call_s, connect=server.start_s)
    hooks = {"response": [words.hear]}
    is_open = False
    try:
        async with (
            httpx2.AsyncClient(
                headers=dict(server.headers), timeout=timeout, event_hooks=hooks
            ) as http,
            _tools(name, server, streamable_http_client(url, http_client=http), words) as tools,
        ):
            is_open = True
            yield tools
    except Exception as error:
        if is_open or not words.refusal:
            raise
        raise StartFailed(f"it answered {words.refusal}") from error


@asynccontextmanager
async def _tools(
    name: str, server: McpServer, transport: Transport, words: HttpWords | None = None
) -> AsyncIterator[Sequence[Tool]]:
    async with Client(
        transport, client_info=_CLIENT, read_timeout_seconds=server.call_s
    ) as client:
        served = await _listed(client)
        names = tool_names(name, [tool.name for tool in served])
        yield [
            McpTool(tool, name=name, client=client, call_s=server.call_s, words=words)
            for tool, name in zip(served, names, strict=True)
        ]


async def _listed(client: Client) -> Sequence[ServedTool]:
    page = await client.list_tools()
    served = list(page.tools)
    while page.next_cursor and len(served) < _MOST_TOOLS:
        page = await client.list_tools(cursor=page.next_cursor)
        served += page.tools
    return served[:_MOST_TOOLS]


async def _own_end(process: RunningProcess) -> str | None:
    """How it ended, if it did."""
    try:
        async with asyncio.timeout(_EXIT_S):
            ended = await process.wait()
    except TimeoutError:
        return None
    return f"by signal {ended.signal}" if ended.signal else f"with exit code {ended.code}"


async def _ended(process: RunningProcess) -> None:
    """A server without input goes by itself; if not, it is ended."""
    with suppress(StateConflict):
        await process.end_input()
    try:
        async with asyncio.timeout(_LEAVE_S):
            await process.wait()
    except TimeoutError:
        await process.stop(grace_s=_LEAVE_S)
