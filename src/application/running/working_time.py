"""The time that a run has worked, without the time that it waited for people."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from domain.events import AgentEvent
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    duration_ms: int
    waited_ms: int | None = None
    """The time that it waited for people, on top of it; None where it did not wait."""


class WorkingTime:
    """Like the monotonic clock, but it can be stopped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._stopped_s = 0.0
        self._stopped_since: float | None = None
        self._is_running = asyncio.Event()
        self._is_running.set()

    def now(self) -> float:
        at = self._clock.monotonic() if self._stopped_since is None else self._stopped_since
        return at - self._stopped_s

    @property
    def taken(self) -> Taken:
        """Since this object was made."""
        worked_s = self.now() - self._began
        waited_s = self._clock.monotonic() - self._began - worked_s
        return Taken(duration_ms=_ms(worked_s), waited_ms=_ms(waited_s) or None)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stops the clock; not to be nested."""
        since = self._stopped_since = self._clock.monotonic()
        self._is_running.clear()
        try:
            yield
        finally:
            self._stopped_s += self._clock.monotonic() - since
            self._stopped_since = None
            self._is_running.set()

    async def running(self) -> None:
        """Returns once the clock is not stopped."""
        await self._is_running.wait()


class CallTimes:
    """The tool calls under way, and how long each has waited for people."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waited_ms: dict[str, int] = {}
        self._open: set[str] = set()
        self._waiting: set[str] = set()

    @property
    def only_wait(self) -> bool:
        """There are calls under way, and each of them waits for a person."""
        return bool(self._open) and self._open <= self._waiting

    @contextmanager
    def waiting(self, call_id: str) -> Iterator[None]:
        since = self._clock.monotonic()
        self._waiting.add(call_id)
        self._open.add(call_id)  # it may have been started by an earlier attempt
        try:
            yield
        finally:
            self._waiting.discard(call_id)
            waited_ms = _ms(self._clock.monotonic() - since)
            self._waited_ms[call_id] = self._waited_ms.get(call_id, 0) + waited_ms

    def without_waiting(self, event: AgentEvent) -> AgentEvent:
        """A complete event whose duration excludes the waiting time; other events as they are."""
        if isinstance(event, ToolCallStart):
            self._open.add(event.call_id)
        if not isinstance(event, ToolCallComplete):
            return event
        self._open.discard(event.call_id)
        if not (waited_ms := self._waited_ms.pop(event.call_id, 0)):
            return event
        worked_ms = max(0, event.duration_ms - waited_ms)
        return replace(event, duration_ms=worked_ms, waited_ms=waited_ms)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
