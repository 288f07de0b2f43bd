"""`agentcast submit` and `agentcast retry`: submit a task to a server and watch it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from domain.built_in_rules import BuiltInRule
from domain.task import Approval
from entrypoints.cli.client.event_stream import EventStream, follow_task
from entrypoints.cli.client.server_client import Json, ServerClient, path_part, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.interrupts import cancelling_on_interrupt
from entrypoints.cli.options import (
    DEFAULT_SERVER,
    Agent,
    AsJson,
    BuiltInRules,
    Limited,
    Metadata,
    Model,
    Raw,
    Rules,
    Server,
    Session,
    TaskId,
    Workspace,
)
from entrypoints.cli.output import process_output
from entrypoints.cli.views.view_choice import event_view

Key = Annotated[
    str | None,
    Parameter(name="--idempotency-key", help="Submitting twice with the same key makes one task."),
]
Detach = Annotated[
    bool,
    Parameter(name=("--detach", "--no-wait", "-d"), negative=(), help="Print the ids and exit."),
]
_Send = Callable[[ServerClient], Awaitable[Json]]
"""Creates the task; returns the response with its ids."""


def submit(
    task: Annotated[str, Parameter(help="What the agent should do.")],
    /,
    *,
    agent: Agent = None,
    model: Model = None,
    session: Session = None,
    workspace: Annotated[
        Workspace, Parameter(help="Folder of the server to work in, instead of the session's own.")
    ] = None,
    on_busy: Annotated[
        Literal["enqueue", "reject", "interrupt"] | None,
        Parameter(help="What to do if the session has an unfinished task."),
    ] = None,
    approval: Annotated[
        Approval | None, Parameter(help="Who decides what needs approval.")
    ] = None,
    limits: Limited = None,
    rules: Rules = None,
    rule: BuiltInRules = (),
    metadata: Metadata = None,
    idempotency_key: Key = None,
    detach: Detach = False,
    json: AsJson = False,
    raw: Raw = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Submit a task to a server and watch it to its end; Ctrl-C cancels it."""
    given = {
        "session_id": session,
        "agent": agent,
        "model": model,
        "workspace": None if workspace is None else str(workspace.absolute()),
        "on_busy": on_busy,
        "approval": approval,
        "limits": limits,
        "metadata": metadata,
        "extraction": _extraction(rules, rule),
    }
    body = {"task": task} | {name: value for name, value in given.items() if value is not None}
    send = partial(ServerClient.submit, body=body, headers=_headers(idempotency_key))
    return asyncio.run(_submit_and_watch(server, send, detach=detach, as_json=json, raw=raw))


def retry(
    task: TaskId,
    /,
    *,
    idempotency_key: Key = None,
    detach: Detach = False,
    json: AsJson = False,
    raw: Raw = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Submit a task that has ended once more, and watch the new one; Ctrl-C cancels it."""
    send = partial(ServerClient.retry, task_id=task, headers=_headers(idempotency_key))
    return asyncio.run(_submit_and_watch(server, send, detach=detach, as_json=json, raw=raw))


def _extraction(rules: Path | None, built_in: Sequence[BuiltInRule]) -> Sequence[Json] | None:
    """As written in the file: the server validates them."""
    found: list[Json] = [{"built_in": name} for name in built_in]
    if rules is not None:
        from entrypoints.cli.rule_file import tables_of_file  # with all that checks settings

        found = [*tables_of_file(rules), *found]
    return found or None


def _headers(key: str | None) -> Mapping[str, str]:
    return {} if key is None else {"Idempotency-Key": key}


async def _submit_and_watch(
    server: str, send: _Send, *, detach: bool, as_json: bool, raw: bool
) -> int:
    output = process_output()
    async with server_client(server) as client:
        accepted = await send(client)
        if detach and as_json:
            output.json(accepted)
        elif detach:
            output.line(f"{accepted.get('task_id')}\t{accepted.get('session_id')}")
        if detach:
            return ExitCode.COMPLETED
        task_id = str(accepted.get("task_id"))
        stream = EventStream(client, path=f"/tasks/{path_part(task_id)}/events", query={})
        with event_view(output, as_json=as_json, raw=raw) as view:
            return await cancelling_on_interrupt(
                follow_task(client, task_id, stream=stream, view=view),
                cancel=partial(client.cancel, task_id),
                notice=view.notice,
            )
