"""Lets the owners of approvals read and answer them."""

from collections.abc import Sequence

from application.casting.commit_notifier import CommitNotifier
from domain.approval import ApprovalDecision, StoredApproval, Verdict
from domain.ids import ApprovalId
from domain.principal import Principal
from ports.approval_store import ApprovalQuery, ApprovalStore


class Approvals:
    def __init__(self, *, store: ApprovalStore, notifier: CommitNotifier) -> None:
        self._store = store
        self._notifier = notifier

    async def get(self, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
        """Raises ApprovalNotFound."""
        return await self._store.get(principal, approval_id)

    async def list(self, principal: Principal, query: ApprovalQuery) -> Sequence[StoredApproval]:
        return await self._store.list(principal, query)

    async def decide(
        self,
        principal: Principal,
        approval_id: ApprovalId,
        verdict: Verdict,
        *,
        reason: str | None = None,
    ) -> StoredApproval:
        """Store the answer and wake the run that waits for it, on whichever node.

        Raises ApprovalNotFound, ApprovalAnswered, ApprovalExpired.
        """
        approval = await self._store.decide(
            principal,
            approval_id,
            ApprovalDecision(
                decision="approved" if verdict == "approve" else "denied",
                by=principal.name,
                reason=reason,
            ),
        )
        self._notifier.answer_stored(approval.session_key)
        return approval
