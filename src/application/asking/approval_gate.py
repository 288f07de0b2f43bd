"""Holds a call of a run until a person or a policy has decided on it, or its time is over."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from application.asking.fingerprint import fingerprint
from application.casting.redacted_events import redacted
from application.concurrency.repeat import poll_until
from domain.approval import POLICY, ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import AgentcastError, ApprovalNotFound, Unavailable
from domain.events import AgentEvent
from domain.redaction import Redactor
from domain.task import Approval, Task
from domain.tool_events import ApprovalRequired, ApprovalResolved
from ports.approval_store import ApprovalStore, NewApproval
from ports.id_source import IdSource
from ports.wakeups import Wakeups

Emit = Callable[[AgentEvent], Awaitable[None]]

_EXPIRED = ApprovalDecision(decision="expired", by=POLICY)


class ApprovalGate:
    def __init__(
        self,
        *,
        store: ApprovalStore,
        wakeups: Wakeups,
        ids: IdSource,
        expires_s: float,
        default: Approval = "auto",
    ) -> None:
        """`expires_s`: how long a question may wait. `default` is for tasks without a mode."""
        self._store = store
        self._wakeups = wakeups
        self._ids = ids
        self._default = default
        self._expires_s = expires_s

    async def ask(
        self,
        task: Task,
        request: ApprovalRequest,
        *,
        redactor: Redactor,
        emit: Emit,
        asked: StoredApproval | None = None,
        is_withdrawn: Callable[[], bool] = lambda: False,
        is_kept: Callable[[], bool] = lambda: False,
    ) -> ApprovalDecision:
        """Emits the question, waits until it is decided or expired, and emits the decision.

        What is stored and emitted is redacted; the decision is bound to the request as it is.
        `asked` is the question of an earlier attempt, to be asked again. Once `is_withdrawn`,
        the question expires; before it was asked, nothing is emitted. `is_kept`: whether a later
        attempt will wait for the answer, so that being cancelled leaves the question open.
        """
        if is_withdrawn():
            return _EXPIRED
        approval = asked or await self._opened(task, request, redactor)
        await emit(_question(approval))
        decision = approval.decision or await self._answer(approval, is_withdrawn, is_kept)
        decision = _bound(decision, request, approval.fingerprint)
        await emit(_resolution(approval, decision))
        return decision

    async def _opened(
        self, task: Task, request: ApprovalRequest, redactor: Redactor
    ) -> StoredApproval:
        asked = request.storable()
        return await self._store.open(
            NewApproval(
                approval_id=self._ids.approval_id(),
                task=task,
                request=redacted(asked, redactor),
                fingerprint=fingerprint(asked.tool_name, asked.arguments),
                for_s=self._expires_s,
                decision=_by_policy(request.mode or task.approval or self._default),
            )
        )

    async def _answer(
        self,
        approval: StoredApproval,
        is_withdrawn: Callable[[], bool],
        is_kept: Callable[[], bool],
    ) -> ApprovalDecision:
        decision = _EXPIRED
        try:
            decision = await self._decided(approval, is_withdrawn)
            return decision
        finally:
            # Also when the run is cancelled: no answer is accepted that no run waits for.
            if decision.decision == "expired" and not is_kept():
                with suppress(AgentcastError):
                    await self._store.withdraw(approval.task_id)

    async def _decided(
        self, approval: StoredApproval, is_withdrawn: Callable[[], bool]
    ) -> ApprovalDecision:
        return await poll_until(
            lambda: self._present(approval, is_withdrawn),
            session_key=approval.session_key,
            wakeups=self._wakeups,
        )

    async def _present(
        self, approval: StoredApproval, is_withdrawn: Callable[[], bool]
    ) -> ApprovalDecision | None:
        try:
            found = (await self._store.get(approval.principal, approval.approval_id)).decision
        except Unavailable:
            found = None  # the run's lease decides how long a store may be away
        except ApprovalNotFound:
            found = _EXPIRED  # its session is deleted, and the task is about to be cancelled
        return _EXPIRED if found is None and is_withdrawn() else found


def _by_policy(mode: Approval) -> ApprovalDecision | None:
    match mode:
        case "auto":
            return ApprovalDecision(decision="approved", by=POLICY)
        case "deny":
            return ApprovalDecision(decision="denied", by=POLICY)
        case "ask":
            return None


def _bound(decision: ApprovalDecision, request: ApprovalRequest, asked: str) -> ApprovalDecision:
    """Denies a call whose arguments have changed since they were approved."""
    now = request.storable()
    if not decision.is_approved or fingerprint(now.tool_name, now.arguments) == asked:
        return decision
    return ApprovalDecision(
        decision="denied", by=POLICY, reason="the arguments were changed after the question"
    )


def _question(approval: StoredApproval) -> ApprovalRequired:
    request = approval.request
    return ApprovalRequired(
        approval_id=approval.approval_id,
        call_id=request.call_id,
        tool_name=request.tool_name,
        arguments=request.arguments,
        reason=request.reason,
        expires_at=approval.expires_at,
    )


def _resolution(approval: StoredApproval, decision: ApprovalDecision) -> ApprovalResolved:
    return ApprovalResolved(
        approval_id=approval.approval_id,
        decision=decision.decision,
        by=decision.by,
        reason=decision.reason,
    )
