"""What waits for a person at a server: approvals, and questions in words."""

import json as json_text
from collections.abc import Sequence
from http.client import NOT_FOUND

from entrypoints.cli.client.server_client import Json, ServerClient, path_part
from entrypoints.cli.failure import ServerRefused
from entrypoints.cli.output import Output

_MOST = 200  # of each; the server gives no larger page
_QUESTIONS = "input_required,input_received"


async def open_asks(client: ServerClient, *, task_id: str | None) -> list[Json]:
    """Approvals as the API has them, then the event `input_required` of each open question."""
    pending = {"status": "pending", "task_id": task_id, "limit": _MOST}
    approvals = await client.items("/approvals", pending)
    if task_id is not None:
        waiting: Sequence[Json] = [await client.task(task_id)]
    else:
        waiting = await client.items("/tasks", {"status": "waiting", "limit": _MOST})
    questions = [await _open_question(client, task) for task in waiting]
    return [*approvals, *(question for question in questions if question is not None)]


def show_asks(asks: Sequence[Json], output: Output, *, as_json: bool) -> None:
    if not asks and not as_json:
        output.notice("nothing waits for an answer")
    for ask in asks:
        if as_json:
            output.json(ask)
        elif "approval_id" in ask:
            show_approval(output, ask)
        else:
            show_question(output, ask)


def show_approval(output: Output, approval: Json) -> None:
    """Nothing of the arguments is cut: who says yes must have been able to read them all."""
    said = {name: str(approval.get(name, "")) for name in _SHOWN}
    output.line(one_line(f"{said['approval_id']}  {said['tool_name']}"))
    output.line(one_line(f"    agent {said['agent']}, task {said['task_id']}"))
    output.line(one_line(f"    until {said['expires_at']}"))
    if said["reason"]:
        output.line(one_line(f"    because: {said['reason']}"))
    arguments = approval.get("arguments")
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        output.line(one_line(f"    {name} = {json_text.dumps(value, ensure_ascii=False)}"))


def show_question(output: Output, event: Json) -> None:
    output.line(one_line(f"{event.get('task_id')}  {event.get('prompt')}"))
    output.line(one_line(f"    agent {event.get('agent')}, session {event.get('session_id')}"))
    choices = event.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        output.line(one_line(f"    choice: {choice}"))


def one_line(text: str) -> str:
    """What would not be seen on a screen, or turn it around, is spelled out."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


_SHOWN = ("approval_id", "tool_name", "agent", "task_id", "expires_at", "reason")


async def _open_question(client: ServerClient, task: Json) -> Json | None:
    """The newest question of the task, unless a message has come since."""
    if task.get("status") != "waiting":
        return None
    path = f"/tasks/{path_part(str(task.get('task_id')))}/events"
    question: Json | None = None
    try:
        async for event in client.lines(path, {"types": _QUESTIONS}):
            if event.get("event_type") == "input_required":
                question = event
            elif event.get("kind") == "message":
                question = None
    except ServerRefused as refused:
        if refused.status != NOT_FOUND:
            raise
        return None  # its session was deleted since it was listed
    return question
