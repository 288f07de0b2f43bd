"""The question that a run asks in words, kept until its task ends."""

from dataclasses import dataclass
from typing import Protocol

from domain.ids import TaskId
from domain.task_input import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuestion:
    call_id: str
    """The call that asks."""
    reply: Reply | None = None


class QuestionStore(Protocol):
    """At most one for each task: the latest. Whoever calls has seen that the task may be answered.

    Any method may raise LogUnavailable when the store is out of reach.
    """

    async def open(self, task_id: TaskId, call_id: str) -> None:
        """In place of one of an earlier call, whose reply is gone. Durable when it returns.

        One of the same call stays as it is, with the reply that it may have.
        """

    async def find(self, task_id: TaskId) -> StoredQuestion | None: ...

    async def answer(self, task_id: TaskId, reply: Reply) -> bool:
        """Whether it was heard; of several that answer at once, one is.

        Not if nothing was asked, if it was answered or closed, or if the task has ended. A task
        that waits in the queue again can be answered: its next attempt will find the reply.
        """

    async def close(self, task_id: TaskId) -> StoredQuestion | None:
        """No reply is heard any more; what there is of it."""

    async def forget(self, task_id: TaskId) -> None:
        """Nothing of it is kept."""
