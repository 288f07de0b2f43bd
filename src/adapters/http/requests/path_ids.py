"""Ids in a path: one that can be nobody's is as unknown as any other."""

from domain.errors import AgentNotFound, ApprovalNotFound, SessionNotFound, TaskNotFound
from domain.ids import AgentName, ApprovalId, SessionId, TaskId, is_chosen_id


def path_task_id(task_id: str) -> TaskId:
    if not is_chosen_id(task_id):
        raise TaskNotFound
    return TaskId(task_id)


def path_session_id(session_id: str) -> SessionId:
    if not is_chosen_id(session_id):
        raise SessionNotFound
    return SessionId(session_id)


def path_agent_name(name: str) -> AgentName:
    if not is_chosen_id(name):
        raise AgentNotFound
    return AgentName(name)


def path_approval_id(approval_id: str) -> ApprovalId:
    if not is_chosen_id(approval_id):
        raise ApprovalNotFound
    return ApprovalId(approval_id)
