"""`agentcast tasks` and `agentcast sessions`: lists of a server."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

from cyclopts import Parameter

from domain.task import TaskStatus
from entrypoints.cli.client.server_client import Json, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.options import DEFAULT_SERVER, AsJson, Server, agent_name
from entrypoints.cli.output import process_output
from entrypoints.cli.views.excerpt import excerpt

Limit = Annotated[int, Parameter(help="At most this many, newest first.")]


def tasks(
    *,
    session: Annotated[str | None, Parameter(help="Only of this session.")] = None,
    status: Annotated[TaskStatus | None, Parameter(help="Only in this state.")] = None,
    agent: Annotated[
        str | None, Parameter(help="Only of this agent.", validator=agent_name)
    ] = None,
    limit: Limit = 50,
    json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """List tasks, newest first."""
    query = {"session_id": session, "status": status, "agent": agent, "limit": limit}
    columns = ("task_id", "status", "agent", "session_id", "created_at", "task")
    return asyncio.run(_list(server, "/tasks", query=query, columns=columns, as_json=json))


def sessions(*, limit: Limit = 50, json: AsJson = False, server: Server = DEFAULT_SERVER) -> int:
    """List sessions, newest first."""
    columns = ("session_id", "status", "last_seq", "updated_at", "title")
    query = {"limit": limit}
    return asyncio.run(_list(server, "/sessions", query=query, columns=columns, as_json=json))


async def _list(
    server: str,
    path: str,
    *,
    query: Mapping[str, str | int | None],
    columns: Sequence[str],
    as_json: bool,
) -> int:
    async with server_client(server) as client:
        items = await client.items(path, query)
    output = process_output()
    if as_json:
        for item in items:
            output.json(item)
    elif items:
        heads = [column.upper().removesuffix("_ID").removesuffix("_AT") for column in columns]
        output.table(heads, [_row(item, columns) for item in items])
    else:
        output.notice(f"no {path.strip('/')}")
    return ExitCode.COMPLETED


def _row(item: Json, columns: Sequence[str]) -> list[str]:
    return [_cell(item.get(column)) for column in columns]


def _cell(value: object) -> str:
    return "" if value is None else excerpt(str(value), chars=80)
