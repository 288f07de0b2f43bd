"""`agentcast watch`: the events of sessions, tasks and agents, live and from the log."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from entrypoints.cli.client.event_stream import EventStream, follow_stream, follow_task
from entrypoints.cli.client.server_client import ServerClient, path_part, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.interrupts import leaving_on_interrupt
from entrypoints.cli.options import DEFAULT_SERVER, AsJson, Raw, Server
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.views.received_event import EventView
from entrypoints.cli.views.view_choice import event_view


def watch(
    *,
    session: Annotated[
        str | None, Parameter(help="Session to watch; it need not exist yet.")
    ] = None,
    task: Annotated[str | None, Parameter(help="Task to watch, from its beginning.")] = None,
    agent: Annotated[str | None, Parameter(help="Agent whose tasks to watch.")] = None,
    after: Annotated[str | None, Parameter(help="Cursor: the id of the last event seen.")] = None,
    replay: Annotated[
        str | None, Parameter(help="`all`, or how many past events to show.")
    ] = None,
    types: Annotated[
        str | None, Parameter(help="Only events of these types, such as `tool_*,task_*`.")
    ] = None,
    json: AsJson = False,
    raw: Raw = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Follow one of them, or several sessions and agents in one stream."""
    filters = {"session_id": session, "task_id": task, "agent_id": agent}
    if not any(filters.values()):
        raise UsageMistake("watch what? Give --session, --task or --agent")
    chosen = filters | {"after": after, "replay": replay, "types": types}
    query = {name: value for name, value in chosen.items() if value is not None}
    return asyncio.run(_watch(process_output(), server, query=query, as_json=json, raw=raw))


async def _watch(
    output: Output, server: str, *, query: Mapping[str, str], as_json: bool, raw: bool
) -> int:
    is_one_task = "task_id" in query
    async with server_client(server) as client:
        with event_view(output, as_json=as_json, raw=raw, many_tasks=not is_one_task) as view:
            follow = _one_task if is_one_task else _many_tasks
            following = follow(client, query=query, view=view)
            return await leaving_on_interrupt(following, notice=view.notice)


async def _one_task(client: ServerClient, *, query: Mapping[str, str], view: EventView) -> int:
    """The task's own route, which answers 404 for an unknown task."""
    task_id = query["task_id"]
    if "session_id" in query or "agent_id" in query:
        raise UsageMistake("--task says it all: leave out --session and --agent")
    rest = {name: value for name, value in query.items() if name != "task_id"}
    stream = EventStream(client, path=f"/tasks/{path_part(task_id)}/events", query=rest)
    return await follow_task(client, task_id, stream=stream, view=view)


async def _many_tasks(client: ServerClient, *, query: Mapping[str, str], view: EventView) -> int:
    await follow_stream(EventStream(client, path="/sse", query=query), view=view)
    return ExitCode.COMPLETED
