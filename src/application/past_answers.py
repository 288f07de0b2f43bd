"""What people had answered to an earlier attempt, which its events may not tell any more."""

from application.task_past import TaskPast
from domain.errors import ApprovalNotFound
from domain.ids import ApprovalId
from domain.task import Task
from ports.approval_store import ApprovalStore
from ports.question_store import QuestionStore


class PastAnswers:
    def __init__(self, *, approvals: ApprovalStore, questions: QuestionStore) -> None:
        self._approvals = approvals
        self._questions = questions

    async def recall(self, task: Task, past: TaskPast) -> None:
        """Nothing that the attempt asked can be answered any more; what was, is told."""
        if past.questions:
            await self._recall_approvals(task, past)
        if past.has_asked or past.open_calls:
            question = await self._questions.close(task.task_id)
            if question is not None:
                past.asking_call, past.reply = question.call_id, question.reply

    async def _recall_approvals(self, task: Task, past: TaskPast) -> None:
        await self._approvals.withdraw(task.task_id)
        for approval_id in past.questions:
            try:
                approval = await self._approvals.get(task.principal, ApprovalId(approval_id))
            except ApprovalNotFound:
                continue
            if approval.decision is not None:
                past.decisions[approval_id] = approval.decision
