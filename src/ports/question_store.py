"""Questions in words that runs ask people, stored until their task ends."""

from dataclasses import dataclass
from typing import Protocol

from domain.ids import TaskId
from domain.task_input import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuestion:
    call_id: str
    """Of the tool call that asks."""
    reply: Reply | None = None


class QuestionStore(Protocol):
    """At most one per task: the latest. Callers check first that the task's state takes answers.

    Any method may raise LogUnavailable when the store is out of reach.
    """

    async def open(self, task_id: TaskId, call_id: str) -> None:
        """Replaces the question of an earlier call, with its reply. Durable when it returns.

        A question of the same call stays as it is, with its reply if it has one.
        """

    async def find(self, task_id: TaskId) -> StoredQuestion | None: ...

    async def answer(self, task_id: TaskId, reply: Reply) -> bool:
        """Whether the reply was accepted; of several concurrent replies one is.

        It is not if there is no question, if it was answered or closed, or if the task has ended.
        The question of a task that is queued again can be answered, for its next attempt.
        """

    async def close(self, task_id: TaskId) -> StoredQuestion | None:
        """Accept no more replies; returns the question, with its reply if it has one."""

    async def forget(self, task_id: TaskId) -> None:
        """Remove the question of this task, if there is one."""
