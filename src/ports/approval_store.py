"""Approvals that runs ask people for, stored before and after they are answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.approval import ApprovalDecision, ApprovalRequest, ApprovalStatus, StoredApproval
from domain.ids import ApprovalId, TaskId
from domain.principal import Principal
from domain.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApproval:
    approval_id: ApprovalId
    task: Task
    request: ApprovalRequest
    fingerprint: str
    for_s: float
    """How long it may be pending, in seconds."""
    decision: ApprovalDecision | None = None
    """Given if a policy decides, so that nobody is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalQuery:
    status: ApprovalStatus | None = None
    task_id: TaskId | None = None
    limit: int = 50
    before: ApprovalId | None = None
    """Only those that were opened before this one."""


class ApprovalStore(Protocol):
    """Another owner's approval is ApprovalNotFound; so is one of a deleted session.

    A pending one reads as expired once its time is over by the store's clock, or its task has
    ended or is queued again.
    """

    async def open(self, new: NewApproval) -> StoredApproval:
        """Store a new one; durable when it returns."""

    async def get(self, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
        """Raises ApprovalNotFound."""

    async def list(self, principal: Principal, query: ApprovalQuery) -> Sequence[StoredApproval]:
        """Newest first."""

    async def decide(
        self, principal: Principal, approval_id: ApprovalId, decision: ApprovalDecision
    ) -> StoredApproval:
        """Answer a pending one; of several concurrent answers one succeeds.

        Raises ApprovalNotFound, ApprovalAnswered, ApprovalExpired.
        """

    async def withdraw(self, task_id: TaskId) -> None:
        """Expire what is pending of this task: no run waits for the answers any more."""
