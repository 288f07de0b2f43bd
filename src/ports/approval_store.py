"""Questions of runs to people, kept until they are answered and after it."""

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
    """How long it may wait for its answer."""
    decision: ApprovalDecision | None = None
    """For what nobody needs to be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalQuery:
    status: ApprovalStatus | None = None
    task_id: TaskId | None = None
    limit: int = 50
    before: ApprovalId | None = None
    """Only those asked before this one."""


class ApprovalStore(Protocol):
    """Another owner's approval is ApprovalNotFound; so is one of a deleted session.

    A pending one is shown as expired once its time is over by the store's clock, or its task has
    ended or waits in the queue again.
    """

    async def open(self, new: NewApproval) -> StoredApproval:
        """Durable when it returns."""

    async def get(self, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
        """Raises ApprovalNotFound."""

    async def list(self, principal: Principal, query: ApprovalQuery) -> Sequence[StoredApproval]:
        """Newest first."""

    async def decide(
        self, principal: Principal, approval_id: ApprovalId, decision: ApprovalDecision
    ) -> StoredApproval:
        """Answer a pending one; of several that try at once, one succeeds.

        Raises ApprovalNotFound, ApprovalAnswered, ApprovalExpired.
        """

    async def withdraw(self, task_id: TaskId) -> None:
        """Nobody waits for the answers any more: what is pending of this task is expired."""
