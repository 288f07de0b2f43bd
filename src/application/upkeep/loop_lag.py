"""Measures how late the event loop runs its callbacks, which delays everything it serves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from application.concurrency.task_group import background
from ports.clock import Clock
from ports.meter import Meter

log = logging.getLogger(__name__)

_EVERY_S = 0.25
_TOO_LATE_S = 1.0


class LoopLag:
    def __init__(
        self,
        *,
        clock: Clock,
        meter: Meter,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._meter = meter
        self._pause = pause

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        async with background(self._measure()):
            yield

    async def _measure(self) -> None:
        while True:
            asked_at = self._clock.monotonic()
            await self._pause(_EVERY_S)
            lag_s = max(0.0, self._clock.monotonic() - asked_at - _EVERY_S)
            self._meter.observe("event_loop_lag", lag_s)
            if lag_s > _TOO_LATE_S:
                log.warning("the event loop was blocked for %.1f s", lag_s)
