"""Where things are found; links lead to the canonical prefix, whichever was asked."""

API = "/api/v1"


def task_path(task_id: str) -> str:
    return f"{API}/tasks/{task_id}"


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
