"""Questions that agents ask in words, on SQL."""

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update

from adapters.store.database import Database
from adapters.store.schema.tables import questions, tasks
from domain.ids import TaskId
from domain.task_input import Reply
from ports.question_store import StoredQuestion

_IS_UNFINISHED = (
    exists()
    .where(
        tasks.c.task_id == questions.c.task_id,
        tasks.c.finished_at.is_(None),
        tasks.c.deleted_at.is_(None),
    )
    .correlate(questions)
)


class SqlQuestionStore:
    def __init__(self, database: Database) -> None:
        self._database = self.database = database

    async def open(self, task_id: TaskId, call_id: str) -> None:
        await self._database.write(lambda c: _open(c, task_id, call_id))

    async def find(self, task_id: TaskId) -> StoredQuestion | None:
        return await self._database.read(lambda c: _find(c, task_id))

    async def answer(self, task_id: TaskId, reply: Reply) -> bool:
        return await self._database.write(
            lambda c: _answer(c, task_id, reply),
            was_done=lambda c, is_first: is_first and _was_answered(c, task_id, reply),
        )

    async def close(self, task_id: TaskId) -> StoredQuestion | None:
        return await self._database.write(lambda c: _close(c, task_id))

    async def forget(self, task_id: TaskId) -> None:
        await self._database.write(lambda c: _forget(c, task_id))


def _open(connection: Connection, task_id: TaskId, call_id: str) -> None:
    of_task = questions.c.task_id == task_id
    if connection.execute(select(questions.c.call_id).where(of_task)).scalar() == call_id:
        return
    _forget(connection, task_id)
    connection.execute(insert(questions).values(task_id=task_id, call_id=call_id, status="open"))


def _find(connection: Connection, task_id: TaskId) -> StoredQuestion | None:
    query = select(questions.c.call_id, questions.c.answer, questions.c.answered_by)
    row = connection.execute(query.where(questions.c.task_id == task_id)).one_or_none()
    if row is None:
        return None
    reply = None if row.answer is None else Reply(text=row.answer, by=row.answered_by)
    return StoredQuestion(call_id=row.call_id, reply=reply)


def _answer(connection: Connection, task_id: TaskId, reply: Reply) -> bool:
    answered = (
        update(questions)
        .where(_is_open(task_id), _IS_UNFINISHED)
        .values(answer=reply.text, answered_by=reply.by, status="answered")
    )
    return connection.execute(answered).rowcount > 0


def _was_answered(connection: Connection, task_id: TaskId, reply: Reply) -> bool:
    locked = select(questions.c.status).where(questions.c.task_id == task_id)
    connection.execute(locked.with_for_update())
    question = _find(connection, task_id)
    return question is not None and question.reply == reply


def _close(connection: Connection, task_id: TaskId) -> StoredQuestion | None:
    connection.execute(update(questions).where(_is_open(task_id)).values(status="closed"))
    return _find(connection, task_id)


def _forget(connection: Connection, task_id: TaskId) -> None:
    connection.execute(delete(questions).where(questions.c.task_id == task_id))


def _is_open(task_id: TaskId) -> ColumnElement[bool]:
    return (questions.c.task_id == task_id) & (questions.c.status == "open")
