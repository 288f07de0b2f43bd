"""The deadlines of a run: how long in all, and how long without a word."""

import asyncio

from application.stop_signal import LimitHit, StopSignal
from application.task_context import TaskContext


class RunDeadlines:
    def __init__(self, context: TaskContext, stop: StopSignal) -> None:
        self._context = context
        self._stop = stop
        self._started = context.time.now()

    async def watch(self) -> None:
        """Request a stop at the first deadline that passes; returns at once without any."""
        while (left := self._next()) is not None:
            left_s, cause = left
            if left_s <= 0:
                self._stop.request(cause)
                return
            await asyncio.sleep(left_s)
            await self._context.time.moves()

    def _next(self) -> tuple[float, LimitHit] | None:
        """The seconds left until the nearest deadline, and what it means to reach it."""
        limits, now = self._context.limits, self._context.time.now()
        deadlines: list[tuple[float, LimitHit]] = []
        if limits.timeout_s is not None:
            cause = LimitHit("timeout", f"the task took longer than {limits.timeout_s:g} s")
            deadlines.append((self._started + limits.timeout_s - now, cause))
        if limits.idle_s is not None:
            cause = LimitHit("idle_timeout", f"the agent said nothing for {limits.idle_s:g} s")
            deadlines.append((self._context.last_event_at + limits.idle_s - now, cause))
        return min(deadlines, key=lambda deadline: deadline[0], default=None)
