"""`agentcast submit`: hand a task to a server and watch it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from cyclopts import Parameter

from domain.task import Approval
from entrypoints.cli.event_stream import EventStream
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.interrupts import cancelling_on_interrupt
from entrypoints.cli.options import (
    DEFAULT_SERVER,
    Agent,
    AsJson,
    Model,
    Raw,
    Server,
    Session,
    Timeout,
)
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.server_client import Json, server_client
from entrypoints.cli.task_follower import follow_task
from entrypoints.cli.view_choice import event_view


def submit(
    task: Annotated[str, Parameter(help="What the agent is to do.")],
    /,
    *,
    agent: Agent = None,
    model: Model = None,
    session: Session = None,
    on_busy: Annotated[
        Literal["enqueue", "reject", "interrupt"] | None,
        Parameter(help="What to do when the session has an unfinished task."),
    ] = None,
    approval: Annotated[
        Approval | None, Parameter(help="Who decides what the agent asks to be allowed.")
    ] = None,
    timeout: Timeout = None,
    idempotency_key: Annotated[
        str | None, Parameter(help="Submitting twice with the same key makes one task.")
    ] = None,
    detach: Annotated[
        bool,
        Parameter(
            name=("--detach", "--no-wait", "-d"), negative=(), help="Print the ids and leave."
        ),
    ] = False,
    json: AsJson = False,
    raw: Raw = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Submit a task to a server and watch it to its end; Ctrl-C cancels it."""
    given = {
        "session_id": session,
        "agent": agent,
        "model": model,
        "on_busy": on_busy,
        "approval": approval,
    }
    body: dict[str, object] = {"task": task}
    body |= {name: value for name, value in given.items() if value is not None}
    if timeout is not None:
        body["limits"] = {"timeout_s": timeout}
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    output = process_output()
    if detach:
        return asyncio.run(_submit(output, server, body=body, headers=headers, as_json=json))
    return asyncio.run(
        _submit_and_watch(output, server, body=body, headers=headers, as_json=json, raw=raw)
    )


async def _submit(
    output: Output, server: str, *, body: Json, headers: Mapping[str, str], as_json: bool
) -> int:
    async with server_client(server) as client:
        accepted = await client.submit(body, headers=headers)
    ids = (str(accepted.get(name)) for name in ("task_id", "session_id"))
    if as_json:
        output.json(accepted)
    else:
        output.line("\t".join(ids))
    return ExitCode.COMPLETED


async def _submit_and_watch(
    output: Output,
    server: str,
    *,
    body: Json,
    headers: Mapping[str, str],
    as_json: bool,
    raw: bool,
) -> int:
    async with server_client(server) as client:
        accepted = await client.submit(body, headers=headers)
        task_id = str(accepted.get("task_id"))
        stream = EventStream(client, path=f"/tasks/{task_id}/events", query={})
        with event_view(output, as_json=as_json, raw=raw) as view:
            return await cancelling_on_interrupt(
                follow_task(client, task_id, stream=stream, view=view),
                cancel=partial(client.cancel, task_id),
                notice=view.notice,
            )
