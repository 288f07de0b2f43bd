"""Waits for the end of a task."""

import asyncio
from contextlib import suppress
from typing import get_args

from application.watching.tails import Tail, TailEvent, Tails
from domain.events import event_type
from domain.task import Task
from domain.task_events import FinalEvent
from ports.task_store import TaskStore

_FINAL = frozenset(event_type(cls) for cls in get_args(FinalEvent))


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
                    await self._ended(tail)
        finally:
            self._tails.leave(tail, wake)
        return self._task

    async def _ended(self, tail: Tail) -> None:
        """Asks the store only when the tail has a final event, or lacks some that it may have."""
        while True:
            seen = tail.last_seq  # before the store is asked: what comes meanwhile is looked at
            self._task = await self._tasks.get(self._task.principal, self._task.task_id)
            if self._task.status.is_final:
                return
            await self._sign_of_end(tail, seen)

    async def _sign_of_end(self, tail: Tail, seen: int) -> None:
        while True:
            self._changed.clear()
            events = tail.after(seen)
            if tail.is_deleted or events is None or any(map(self._is_end, events)):
                return
            seen = events[-1].stored.seq if events else seen
            await self._changed.wait()

    def _is_end(self, event: TailEvent) -> bool:
        stored = event.stored
        return stored.event_type in _FINAL and stored.task_id == self._task.task_id
