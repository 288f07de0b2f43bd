"""Approvals, and questions that agents ask in words, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from adapters.memory.database import MemoryDatabase, is_same_owner
from adapters.system.clock import CheckedClock
from domain.approval import POLICY, ApprovalDecision, StoredApproval
from domain.errors import ApprovalAnswered, ApprovalExpired, ApprovalNotFound
from domain.ids import ApprovalId, TaskId
from domain.principal import Principal
from domain.task_input import Reply
from ports.approval_store import ApprovalQuery, NewApproval
from ports.question_store import StoredQuestion


class MemoryApprovalStore:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database
        self._clock = CheckedClock(database.clock)
        self._rows: dict[ApprovalId, StoredApproval] = {}

    async def open(self, new: NewApproval) -> StoredApproval:
        self._forget_purged_tasks()
        task, decision, now = new.task, new.decision, self._clock.now()
        self._rows[new.approval_id] = StoredApproval(
            approval_id=new.approval_id,
            principal=task.principal,
            task_id=task.task_id,
            session_key=task.session_key,
            session_id=task.session_id,
            agent=task.agent,
            request=new.request,
            fingerprint=new.fingerprint,
            status=decision.decision if decision else "pending",
            created_at=now,
            expires_at=now + timedelta(seconds=new.for_s),
            decided_by=decision.by if decision else None,
            decided_reason=decision.reason if decision else None,
            decided_at=now if decision else None,
        )
        return await self.get(task.principal, new.approval_id)

    async def get(self, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
        approval = self._rows.get(approval_id)
        if approval is None or not self._is_visible(approval, principal):
            raise ApprovalNotFound(f"there is no approval {approval_id}")
        return self._shown(approval)

    async def list(self, principal: Principal, query: ApprovalQuery) -> Sequence[StoredApproval]:
        newest_first = sorted(self._rows.values(), key=_id_of, reverse=True)
        shown = (self._shown(one) for one in newest_first if self._is_visible(one, principal))
        return [approval for approval in shown if _matches(approval, query)][: query.limit]

    async def decide(
        self, principal: Principal, approval_id: ApprovalId, decision: ApprovalDecision
    ) -> StoredApproval:
        shown = await self.get(principal, approval_id)
        if shown.status == "expired":
            raise ApprovalExpired("nobody waits for this answer any more")
        if shown.status != "pending":
            raise ApprovalAnswered(f"it was {shown.status} before")
        return self._decided(self._rows[approval_id], decision)

    async def withdraw(self, task_id: TaskId) -> None:
        for approval in list(self._rows.values()):
            if approval.task_id == task_id and approval.status == "pending":
                self._decided(approval, ApprovalDecision(decision="expired", by=POLICY))

    def _decided(self, approval: StoredApproval, decision: ApprovalDecision) -> StoredApproval:
        decided = self._rows[approval.approval_id] = replace(
            approval,
            status=decision.decision,
            decided_by=decision.by,
            decided_reason=decision.reason,
            decided_at=self._clock.now(),
        )
        return self._timed(decided)

    def _is_visible(self, approval: StoredApproval, principal: Principal) -> bool:
        session = self._database.sessions.get(approval.session_key)
        is_there = session is not None and not session.is_deleted
        return is_there and is_same_owner(approval.principal, principal)

    def _shown(self, approval: StoredApproval) -> StoredApproval:
        task = self._database.tasks[approval.task_id]
        is_over = approval.expires_at <= self._clock.now() or not task.is_live
        is_expired = approval.status == "pending" and is_over
        return self._timed(replace(approval, status="expired") if is_expired else approval)

    def _timed(self, approval: StoredApproval) -> StoredApproval:
        """With its times by the wall clock as it is now."""
        jumped, decided_at = self._clock.jumped, approval.decided_at
        return replace(
            approval,
            created_at=approval.created_at + jumped,
            expires_at=approval.expires_at + jumped,
            decided_at=decided_at and decided_at + jumped,
        )

    def _forget_purged_tasks(self) -> None:
        gone = [key for key, one in self._rows.items() if one.task_id not in self._database.tasks]
        for approval_id in gone:
            del self._rows[approval_id]


@dataclass(slots=True)
class _QuestionRow:
    question: StoredQuestion
    is_open: bool = True


class MemoryQuestionStore:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database
        self._rows: dict[TaskId, _QuestionRow] = {}

    async def open(self, task_id: TaskId, call_id: str) -> None:
        for ended in [each for each in self._rows if not self._is_unfinished(each)]:
            del self._rows[ended]
        row = self._rows.get(task_id)
        if row is None or row.question.call_id != call_id:
            self._rows[task_id] = _QuestionRow(StoredQuestion(call_id=call_id))

    async def find(self, task_id: TaskId) -> StoredQuestion | None:
        row = self._rows.get(task_id)
        return row.question if row else None

    async def answer(self, task_id: TaskId, reply: Reply) -> bool:
        row = self._rows.get(task_id)
        if row is None or not row.is_open or not self._is_unfinished(task_id):
            return False
        row.question = StoredQuestion(call_id=row.question.call_id, reply=reply)
        row.is_open = False
        return True

    async def close(self, task_id: TaskId) -> StoredQuestion | None:
        if (row := self._rows.get(task_id)) is None:
            return None
        row.is_open = False
        return row.question

    async def forget(self, task_id: TaskId) -> None:
        self._rows.pop(task_id, None)

    def _is_unfinished(self, task_id: TaskId) -> bool:
        row = self._database.tasks.get(task_id)
        return row is not None and not row.task.status.is_final


def _id_of(approval: StoredApproval) -> ApprovalId:
    return approval.approval_id


def _matches(approval: StoredApproval, query: ApprovalQuery) -> bool:
    return (
        query.status in (None, approval.status)
        and query.task_id in (None, approval.task_id)
        and (query.before is None or approval.approval_id < query.before)
    )
