"""Waits for the end of a task."""

import asyncio
from contextlib import suppress

from application.tails import Tails
from domain.task import Task
from ports.task_store import TaskStore


class TaskEnd:
    def __init__(self, tasks: TaskStore, tails: Tails, task: Task) -> None:
        self._tasks = tasks
        self._tails = tails
        self._task = task
        self._changed = asyncio.Event()

    async def wait(self, *, timeout_s: float) -> Task:
        """The task when it has ended, or as it is after that time."""
        wake = self._changed.set
        tail = self._tails.join(self._task.session_key, wake)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._ended()
        finally:
            self._tails.leave(tail, wake)
        return self._task

    async def _ended(self) -> None:
        """Look after each sign of something new; the session's other tasks give some too."""
        while True:
            self._changed.clear()
            self._task = await self._tasks.get(self._task.principal, self._task.task_id)
            if self._task.status.is_final:
                return
            await self._changed.wait()
