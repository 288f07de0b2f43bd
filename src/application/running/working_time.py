"""The time of a run, without what it waited for a person."""

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
    """What people took beside it; None where nobody was waited for."""


class WorkingTime:
    """Like the monotonic clock, but it can stand still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._left_out_s = 0.0
        self._stands_since: float | None = None
        self._moves = asyncio.Event()
        self._moves.set()

    def now(self) -> float:
        at = self._clock.monotonic() if self._stands_since is None else self._stands_since
        return at - self._left_out_s

    @property
    def taken(self) -> Taken:
        """Since it was made."""
        worked_s = self.now() - self._began
        waited_s = self._clock.monotonic() - self._began - worked_s
        return Taken(duration_ms=_ms(worked_s), waited_ms=_ms(waited_s) or None)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Not to be entered twice at a time."""
        since = self._stands_since = self._clock.monotonic()
        self._moves.clear()
        try:
            yield
        finally:
            self._left_out_s += self._clock.monotonic() - since
            self._stands_since = None
            self._moves.set()

    async def moves(self) -> None:
        """Wait until it does; at once if it does."""
        await self._moves.wait()


class CallTimes:
    """Which tool calls are under way, and how long each has waited for people."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waited_ms: dict[str, int] = {}
        self._open: set[str] = set()
        self._waiting: set[str] = set()

    @property
    def only_wait(self) -> bool:
        """Calls are under way, and every one waits for a person."""
        return bool(self._open) and self._open <= self._waiting

    @contextmanager
    def waiting(self, call_id: str) -> Iterator[None]:
        since = self._clock.monotonic()
        self._waiting.add(call_id)
        self._open.add(call_id)  # it may have been begun by an earlier attempt
        try:
            yield
        finally:
            self._waiting.discard(call_id)
            waited_ms = _ms(self._clock.monotonic() - since)
            self._waited_ms[call_id] = self._waited_ms.get(call_id, 0) + waited_ms

    def apart(self, event: AgentEvent) -> AgentEvent:
        """The end of a call that waited has that beside its duration, not in it."""
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
