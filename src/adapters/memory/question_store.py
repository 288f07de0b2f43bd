"""Questions in words, in memory."""

from dataclasses import dataclass

from adapters.memory.database import MemoryDatabase
from domain.ids import TaskId
from domain.reply import Reply
from ports.question_store import StoredQuestion


@dataclass(slots=True)
class _Row:
    question: StoredQuestion
    is_open: bool = True


class MemoryQuestionStore:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database
        self._rows: dict[TaskId, _Row] = {}

    async def open(self, task_id: TaskId, call_id: str) -> None:
        for gone in [known for known in self._rows if not self._is_unfinished(known)]:
            del self._rows[gone]
        row = self._rows.get(task_id)
        if row is None or row.question.call_id != call_id:
            self._rows[task_id] = _Row(StoredQuestion(call_id=call_id))

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
