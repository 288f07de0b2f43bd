"""`agentcast approve`: what agents ask to be allowed, and the answer."""

import asyncio
import json as json_text
from typing import Annotated

from cyclopts import Parameter

from domain.approval import Verdict
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.options import DEFAULT_SERVER, AsJson, Server
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.server_client import Json, server_client


def approve(
    approval: Annotated[
        str | None, Parameter(help="The approval's id; without it, list those that wait.")
    ] = None,
    /,
    *,
    deny: Annotated[bool, Parameter(negative=(), help="Say no instead of yes.")] = False,
    reason: Annotated[str | None, Parameter(help="Why; the agent may be told.")] = None,
    task: Annotated[str | None, Parameter(help="List only those of this task.")] = None,
    json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """List what agents ask to be allowed, or answer it: yes, or with --deny no."""
    if approval is None:
        if deny or reason is not None:
            raise UsageMistake("--deny and --reason need the id of an approval")
        return asyncio.run(_list(server, task_id=task, as_json=json))
    if task is not None:
        raise UsageMistake("--task is for the list; an approval's id says it all")
    verdict: Verdict = "deny" if deny else "approve"
    return asyncio.run(_decide(server, approval, verdict, reason=reason, as_json=json))


async def _list(server: str, *, task_id: str | None, as_json: bool) -> int:
    async with server_client(server) as client:
        items = await client.items("/approvals", {"status": "pending", "task_id": task_id})
    output = process_output()
    for item in items:
        if as_json:
            output.json(item)
        else:
            show_question(output, item)
    return ExitCode.COMPLETED


async def _decide(
    server: str, approval_id: str, verdict: Verdict, *, reason: str | None, as_json: bool
) -> int:
    async with server_client(server) as client:
        decided = await client.decide(approval_id, verdict, reason=reason)
    output = process_output()
    if as_json:
        output.json(decided)
    else:
        output.line(_line(f"{approval_id} {decided.get('status')}"))
    return ExitCode.COMPLETED


def show_question(output: Output, approval: Json) -> None:
    """Nothing of the arguments is cut: who says yes must have been able to read them all."""
    said = {name: str(approval.get(name, "")) for name in _TOLD}
    output.line(_line(f"{said['approval_id']}  {said['tool_name']}"))
    output.line(_line(f"    agent {said['agent']}, task {said['task_id']}"))
    output.line(_line(f"    until {said['expires_at']}"))
    if said["reason"]:
        output.line(_line(f"    because: {said['reason']}"))
    arguments = approval.get("arguments")
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        output.line(_line(f"    {name} = {json_text.dumps(value, ensure_ascii=False)}"))


_TOLD = ("approval_id", "tool_name", "agent", "task_id", "expires_at", "reason")


def _line(text: str) -> str:
    """On one line, and what would not be seen on a screen, or turn it around, is spelled out."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
