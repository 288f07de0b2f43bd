"""The questions of runs here that wait for a person's words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from domain.errors import StateConflict
from domain.ids import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    text: str
    by: str


class OpenQuestions:
    """At most one for each task; whoever answers first is heard."""

    def __init__(self) -> None:
        self._open: dict[TaskId, asyncio.Future[Reply]] = {}

    def is_open(self, task_id: TaskId) -> bool:
        return task_id in self._open

    @asynccontextmanager
    async def asked(self, task_id: TaskId) -> AsyncIterator[Callable[[], Awaitable[Reply]]]:
        """Gives what to wait with; the question is open before anybody is told of it."""
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._open[task_id] = waiting

        async def reply() -> Reply:
            return await waiting

        try:
            yield reply
        finally:
            del self._open[task_id]

    def answer(self, task_id: TaskId, reply: Reply) -> None:
        """Raises StateConflict when nothing is asked, or not any more."""
        waiting = self._open.get(task_id)
        if waiting is None or waiting.done():
            raise StateConflict("the task asks nothing now")
        waiting.set_result(reply)
