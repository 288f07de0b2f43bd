"""A question whether a run may do something, and the one answer it gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.finite import require_finite
from domain.ids import AgentName, ApprovalId, SessionId, SessionKey, TaskId
from domain.principal import Principal
from domain.task import Approval
from domain.whole_text import whole_text

Verdict = Literal["approve", "deny"]
"""What a person may say."""
Decision = Literal["approved", "denied", "expired"]
"""What comes of it; `expired` lets the run do no more than `denied`."""
ApprovalStatus = Literal["pending", "approved", "denied", "expired"]

POLICY = "policy"
"""Who decides when no person does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What a run asks; the answer is for exactly these arguments."""

    call_id: str
    tool_name: str
    arguments: Mapping[str, object]
    reason: str
    mode: Approval | None = None
    """Whether to ask at all; None leaves it to the task."""

    def __post_init__(self) -> None:
        require_finite(self.arguments)

    def storable(self) -> "ApprovalRequest":
        """A copy that every store takes and that no change of the arguments reaches."""
        return replace(
            self,
            call_id=_storable(self.call_id),
            tool_name=_storable(self.tool_name),
            arguments={whole_text(name): _whole(item) for name, item in self.arguments.items()},
            reason=_storable(self.reason),
            mode=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecision:
    decision: Decision
    by: str
    reason: str | None = None

    @property
    def is_approved(self) -> bool:
        return self.decision == "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredApproval:
    approval_id: ApprovalId
    principal: Principal
    task_id: TaskId
    session_key: SessionKey
    session_id: SessionId
    agent: AgentName
    request: ApprovalRequest
    fingerprint: str
    """Of the tool's name and the arguments, which the answer is bound to."""
    status: ApprovalStatus
    created_at: datetime
    expires_at: datetime
    decided_by: str | None = None
    decided_reason: str | None = None
    decided_at: datetime | None = None

    @property
    def decision(self) -> ApprovalDecision | None:
        """None while it is pending."""
        if self.status == "pending":
            return None
        by = self.decided_by or POLICY
        return ApprovalDecision(decision=self.status, by=by, reason=self.decided_reason)


def _storable(text: str) -> str:
    return whole_text(text).replace("\x00", "\ufffd")


def _whole(value: object) -> object:
    match value:
        case str():
            return whole_text(value)
        case Mapping():
            return {whole_text(str(name)): _whole(item) for name, item in value.items()}
        case Sequence():
            return [_whole(item) for item in value]
        case _:
            return value
