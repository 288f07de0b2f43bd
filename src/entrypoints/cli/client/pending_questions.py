"""Approvals and questions at a server that wait for a person."""

import json as json_text
from collections.abc import Sequence
from http.client import NOT_FOUND

from entrypoints.cli.client.server_client import Json, ServerClient, path_part
from entrypoints.cli.failure import ServerRefused
from entrypoints.cli.output import Output

_MOST = 200  # of each; the server gives no larger page
_QUESTIONS = "input_required,input_received"


async def pending_questions(client: ServerClient, *, task_id: str | None) -> list[Json]:
    """Pending approvals, then the `input_required` event of each open question."""
    pending = {"status": "pending", "task_id": task_id, "limit": _MOST}
    approvals = await client.items("/approvals", pending)
    if task_id is not None:
        waiting: Sequence[Json] = [await client.task(task_id)]
    else:
        waiting = await client.items("/tasks", {"status": "waiting", "limit": _MOST})
    questions = [await _open_question(client, task) for task in waiting]
    return [*approvals, *(question for question in questions if question is not None)]


def show_questions(questions: Sequence[Json], output: Output, *, as_json: bool) -> None:
    if not questions and not as_json:
        output.notice("nothing waits for an answer")
    for question in questions:
        if as_json:
            output.json(question)
        elif "approval_id" in question:
            show_approval(output, question)
        else:
            show_question(output, question)


def show_approval(output: Output, approval: Json) -> None:
    """The arguments are shown in full, as approval requires reading them all."""
    fields = {name: str(approval.get(name, "")) for name in _SHOWN}
    output.line(one_line(f"{fields['approval_id']}  {fields['tool_name']}"))
    output.line(one_line(f"    agent {fields['agent']}, task {fields['task_id']}"))
    output.line(one_line(f"    until {fields['expires_at']}"))
    if fields["reason"]:
        output.line(one_line(f"    because: {fields['reason']}"))
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
    """Escapes invisible characters and bidirectional controls."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


_SHOWN = ("approval_id", "tool_name", "agent", "task_id", "expires_at", "reason")


async def _open_question(client: ServerClient, task: Json) -> Json | None:
    """The latest question of the task, unless it was answered."""
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
