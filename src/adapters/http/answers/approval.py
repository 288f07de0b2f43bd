"""An approval as JSON; optional fields that have no value are left out."""

from typing import NotRequired

from pydantic import with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime, approval_path, session_path, task_path
from adapters.wire import timestamp
from domain.approval import ApprovalStatus, StoredApproval


class ApprovalLinks(TypedDict):
    self: str
    task: str
    session: str


@with_config(defer_build=True)
class ApprovalAnswer(TypedDict):
    """What an agent asked approval for, and the decision."""

    approval_id: str
    task_id: str
    session_id: str
    agent: str
    call_id: str
    tool_name: str
    arguments: dict[str, object]
    fingerprint: str
    reason: str
    status: ApprovalStatus
    created_at: AnswerTime
    expires_at: AnswerTime
    decided_by: NotRequired[str]
    decided_reason: NotRequired[str]
    decided_at: NotRequired[AnswerTime]
    links: ApprovalLinks


@with_config(defer_build=True)
class ApprovalPage(TypedDict):
    items: list[ApprovalAnswer]
    next_cursor: NotRequired[str]


def approval_answer(approval: StoredApproval) -> ApprovalAnswer:
    request = approval.request
    answer = ApprovalAnswer(
        approval_id=approval.approval_id,
        task_id=approval.task_id,
        session_id=approval.session_id,
        agent=approval.agent,
        call_id=request.call_id,
        tool_name=request.tool_name,
        arguments=dict(request.arguments),
        fingerprint=approval.fingerprint,
        reason=request.reason,
        status=approval.status,
        created_at=timestamp(approval.created_at),
        expires_at=timestamp(approval.expires_at),
        links=ApprovalLinks(
            self=approval_path(approval.approval_id),
            task=task_path(approval.task_id),
            session=session_path(approval.session_id),
        ),
    )
    if approval.decided_by is not None:
        answer["decided_by"] = approval.decided_by
    if approval.decided_reason is not None:
        answer["decided_reason"] = approval.decided_reason
    if approval.decided_at is not None:
        answer["decided_at"] = timestamp(approval.decided_at)
    return answer
