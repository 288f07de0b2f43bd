"""The deadlines of a run: how long in all, until the first word, and without another."""

import asyncio
from collections.abc import Iterator

from application.running.stop_signal import LimitHit, StopSignal
from application.running.task_context import TaskContext


class RunDeadlines:
    """Until the first word its own deadline holds, if there is one, and not that of silence."""

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
        return min(self._left(), key=lambda deadline: deadline[0], default=None)

    def _left(self) -> Iterator[tuple[float, LimitHit]]:
        limits, now = self._context.ledger.limits, self._context.time.now()
        first_s = self._context.profile.first_output_s
        if limits.timeout_s is not None:
            cause = LimitHit("timeout", f"the task took longer than {limits.timeout_s:g} s")
            yield self._started + limits.timeout_s - now, cause
        silent_s = now - self._context.last_event_at
        if first_s is not None and not self._context.has_spoken:
            said = f"the agent did not say a word in its first {first_s:g} s"
            yield first_s - silent_s, LimitHit("idle_timeout", said)
        elif limits.idle_s is not None:
            said = f"the agent said nothing for {limits.idle_s:g} s"
            yield limits.idle_s - silent_s, LimitHit("idle_timeout", said)
