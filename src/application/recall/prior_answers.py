"""The answers of people to earlier attempts, which may have come too late for their events."""

from collections.abc import Sequence
from contextlib import suppress

from application.asking.fingerprint import fingerprint
from application.recall.prior_attempts import PriorAttempts, WaitingCall
from domain.approval import StoredApproval
from domain.errors import ApprovalNotFound
from domain.ids import ApprovalId
from domain.task import Task
from domain.tool_events import ToolCallStart
from ports.approval_store import ApprovalStore
from ports.question_store import QuestionStore


class PriorAnswers:
    def __init__(self, *, approvals: ApprovalStore, questions: QuestionStore) -> None:
        self._approvals = approvals
        self._questions = questions

    async def recall(self, task: Task, past: PriorAttempts) -> None:
        """Keep the question that can still be answered open, and withdraw all others."""
        if past.questions:
            await self._recall_approvals(task, past)
        if past.has_asked or past.open_calls:
            await self._recall_question(task, past)

    async def _recall_question(self, task: Task, past: PriorAttempts) -> None:
        """A question that was shown and has no answer stays open; any other is closed."""
        question = await self._questions.find(task.task_id)
        if question is not None and question.reply is None and past.is_asking:
            start = past.open_calls.get(question.call_id)
            if start is not None and past.waiting is None:
                past.waiting = WaitingCall(start=start, question=None)
                return
        question = await self._questions.close(task.task_id)
        if question is not None:
            past.asking_call, past.reply = question.call_id, question.reply

    async def _recall_approvals(self, task: Task, past: PriorAttempts) -> None:
        """A run asks one thing at a time, so at most one approval can still be waited for."""
        for approval in await self._asked(task, past):
            call = past.call_asked_of(approval.approval_id)
            if call is not None and _is_for(approval, call):
                past.waiting = WaitingCall(start=call, question=approval)
                return
        await self._approvals.withdraw(task.task_id)
        for approval in await self._asked(task, past):
            if approval.decision is not None:
                past.decisions[approval.approval_id] = approval.decision

    async def _asked(self, task: Task, past: PriorAttempts) -> Sequence[StoredApproval]:
        found: list[StoredApproval] = []
        for approval_id in past.questions:
            with suppress(ApprovalNotFound):
                found.append(await self._approvals.get(task.principal, ApprovalId(approval_id)))
        return found


def _is_for(approval: StoredApproval, call: ToolCallStart) -> bool:
    """False too where the event was masked or cut: then the call cannot be recognised."""
    return approval.fingerprint == fingerprint(call.tool_name, call.arguments)
