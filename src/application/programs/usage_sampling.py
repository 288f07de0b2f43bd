"""Emits from time to time what a process uses, beside its other events."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

from domain.process_events import ResourceUsage
from ports.process import ProcessUsage, RunningProcess

EVERY_S = 5.0
_CHANGE = 0.1
_LEAST_PERCENT = 1.0  # of a processor: what lies below is noise
_LEAST_BYTES = 1024 * 1024


class UsageSampling:
    """Samples while it is entered as a context, and emits only what has changed."""

    def __init__(
        self,
        process: RunningProcess,
        emit: Callable[[ResourceUsage], Awaitable[None]],
        *,
        every_s: float = EVERY_S,
    ) -> None:
        self._process = process
        self._emit = emit
        self._every_s = every_s
        self._emitted: ProcessUsage | None = None
        self._sampling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._sampling = asyncio.create_task(self._sample())
        return self

    async def __aexit__(self, *_: object) -> None:
        """A failure to emit is not raised here: the next event of the run raises it."""
        if self._sampling is not None:
            self._sampling.cancel()
            await asyncio.gather(self._sampling, return_exceptions=True)

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            if (used := await self._process.usage()) is None:
                return
            if self._emitted is None or _has_changed(self._emitted, used):
                self._emitted = used
                await self._emit(
                    ResourceUsage(
                        cpu_percent=used.cpu_percent,
                        rss_bytes=used.rss_bytes,
                        processes=used.processes,
                    )
                )


def _has_changed(before: ProcessUsage, used: ProcessUsage) -> bool:
    return (
        before.processes != used.processes
        or _differ(before.cpu_percent, used.cpu_percent, least=_LEAST_PERCENT)
        or _differ(before.rss_bytes, used.rss_bytes, least=_LEAST_BYTES)
    )


def _differ(one: float, other: float, *, least: float) -> bool:
    return abs(one - other) > max(least, _CHANGE * one)
