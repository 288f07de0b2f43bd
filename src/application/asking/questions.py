"""Questions of runs to a person, which are answered in words."""

from dataclasses import replace

from application.casting.commit_notifier import CommitNotifier
from application.concurrency.repeat import poll_until
from domain.errors import Unavailable
from domain.ids import TaskId
from domain.json_values import storable_text
from domain.task import Task
from domain.task_input import Reply
from ports.question_store import QuestionStore
from ports.wakeups import Wakeups


class OpenQuestions:
    """At most one open question per task. The first reply is accepted, from whichever node."""

    def __init__(
        self, *, store: QuestionStore, wakeups: Wakeups, notifier: CommitNotifier
    ) -> None:
        self._store = store
        self._wakeups = wakeups
        self._notifier = notifier

    async def open(self, task: Task, call_id: str) -> None:
        """Call it before the question is emitted: it can be answered from now on."""
        await self._store.open(task.task_id, call_id)

    async def reply(self, task: Task, call_id: str) -> Reply:
        """Wait for it, on whichever node it is given; without a time limit."""

        async def look() -> Reply | None:
            try:
                question = await self._store.find(task.task_id)
            except Unavailable:
                return None  # the run's lease decides how long a store may be away
            return question.reply if question and question.call_id == call_id else None

        return await poll_until(look, session_key=task.session_key, wakeups=self._wakeups)

    async def answer(self, task: Task, reply: Reply) -> bool:
        """Whether the reply was accepted: not if the task has no open question."""
        storable = storable_text(reply.text)
        if not await self._store.answer(task.task_id, replace(reply, text=storable)):
            return False
        self._notifier.answer_stored(task.session_key)
        return True

    async def forget(self, task_id: TaskId) -> None:
        await self._store.forget(task_id)
