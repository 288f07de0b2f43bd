"""What answers share: times, and links, which lead to the canonical prefix."""

from typing import Annotated
from urllib.parse import quote

from pydantic import Field

AnswerTime = Annotated[
    str,
    Field(description="RFC 3339, in UTC.", json_schema_extra={"format": "date-time"}),
]

API = "/api/v1"


def task_path(task_id: str) -> str:
    return f"{API}/tasks/{task_id}"


def call_output_path(task_id: str, call_id: str) -> str:
    """An agent may give its calls any id."""
    return f"{task_path(task_id)}/calls/{quote(call_id, safe='', errors='replace')}/output"


def approvals_path(*, task_id: str) -> str:
    return f"{API}/approvals?task_id={task_id}"


def tasks_path(*, session_id: str) -> str:
    return f"{API}/tasks?session_id={session_id}"


def session_path(session_id: str) -> str:
    return f"{API}/sessions/{session_id}"


def approval_path(approval_id: str) -> str:
    return f"{API}/approvals/{approval_id}"


def agent_path(name: str) -> str:
    return f"{API}/agents/{name}"
