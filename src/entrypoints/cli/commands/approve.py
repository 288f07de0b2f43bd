"""`agentcast approve` and `agentcast answer`: list and answer what waits for a person."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from domain.approval import Verdict
from entrypoints.cli.client.pending_questions import one_line, pending_questions, show_questions
from entrypoints.cli.client.server_client import Json, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.options import DEFAULT_SERVER, AsJson, Server
from entrypoints.cli.output import process_output


def approve(
    approval: Annotated[
        str | None,
        Parameter(help="The approval's id; without it, list open approvals and questions."),
    ] = None,
    /,
    *,
    deny: Annotated[bool, Parameter(negative=(), help="Deny it instead.")] = False,
    reason: Annotated[str | None, Parameter(help="Why; the agent may see it.")] = None,
    task: Annotated[str | None, Parameter(help="List only what this task asks.")] = None,
    json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """List open approvals and questions, or decide an approval."""
    if approval is None:
        if deny or reason is not None:
            raise UsageMistake("--deny and --reason need the id of an approval")
        return asyncio.run(_list(server, task_id=task, as_json=json))
    if task is not None:
        raise UsageMistake("--task is for the list; an approval's id says it all")
    verdict: Verdict = "deny" if deny else "approve"
    return asyncio.run(_decide(server, approval, verdict, reason=reason, as_json=json))


def answer(
    task: Annotated[
        str | None,
        Parameter(
            help="The id of the task that asks; without it, list open approvals and questions."
        ),
    ] = None,
    text: Annotated[str | None, Parameter(help="The answer.")] = None,
    /,
    *,
    json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """List open approvals and questions, or answer a question in words."""
    if task is None:
        return asyncio.run(_list(server, task_id=None, as_json=json))
    if text is None:
        raise UsageMistake("answer what? Give the text after the id: agentcast answer TASK TEXT")
    return asyncio.run(_answer(server, task, text, as_json=json))


async def _list(server: str, *, task_id: str | None, as_json: bool) -> int:
    async with server_client(server) as client:
        questions = await pending_questions(client, task_id=task_id)
    show_questions(questions, process_output(), as_json=as_json)
    return ExitCode.COMPLETED


async def _decide(
    server: str, approval_id: str, verdict: Verdict, *, reason: str | None, as_json: bool
) -> int:
    async with server_client(server) as client:
        decided = await client.decide(approval_id, verdict, reason=reason)
    return _confirm(decided, f"{approval_id} {decided.get('status')}", as_json=as_json)


async def _answer(server: str, task_id: str, text: str, *, as_json: bool) -> int:
    async with server_client(server) as client:
        taken = await client.give_input(task_id, {"kind": "message", "data": text})
    return _confirm(taken, f"{task_id} has the answer", as_json=as_json)


def _confirm(reply: Json, text: str, *, as_json: bool) -> int:
    output = process_output()
    if as_json:
        output.json(reply)
    else:
        output.line(one_line(text))
    return ExitCode.COMPLETED
