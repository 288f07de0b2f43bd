"""`agentcast cancel`, `agentcast pause` and `agentcast resume`."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from domain.task_events import CancelMode
from entrypoints.cli.client.server_client import server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.options import DEFAULT_SERVER, Server
from entrypoints.cli.output import process_output

Task = Annotated[str, Parameter(help="The task's id.")]


def cancel(
    task: Annotated[str, Parameter(help="The task's id.")],
    /,
    *,
    kill: Annotated[bool, Parameter(negative=(), help="Without time to end by itself.")] = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Cancel a task, whatever state it is in; one that has ended stays as it is."""
    return asyncio.run(_cancel(task, mode="kill" if kill else "graceful", server=server))


async def _cancel(task_id: str, *, mode: CancelMode, server: str) -> int:
    async with server_client(server) as client:
        await client.cancel(task_id, mode)
        task = await client.task(task_id)
    process_output().line(f"{task_id} {task.get('status')}")
    return ExitCode.COMPLETED


def pause(task: Task, /, *, server: Server = DEFAULT_SERVER) -> int:
    """Pause a task before its next step; its deadlines stand still meanwhile."""
    return asyncio.run(_pause(task, server=server))


def resume(task: Task, /, *, server: Server = DEFAULT_SERVER) -> int:
    """Resume a paused task."""
    return asyncio.run(_resume(task, server=server))


async def _pause(task_id: str, *, server: str) -> int:
    async with server_client(server) as client:
        await client.pause(task_id)
    process_output().line(f"{task_id} pauses before its next step")
    return ExitCode.COMPLETED


async def _resume(task_id: str, *, server: str) -> int:
    async with server_client(server) as client:
        await client.resume(task_id)
    process_output().line(f"{task_id} resumes")
    return ExitCode.COMPLETED
