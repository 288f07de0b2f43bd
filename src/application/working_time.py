"""The time of a run, without what it waited for a person."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from ports.clock import Clock


class WorkingTime:
    """Like the monotonic clock, but it can stand still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left_out_s = 0.0
        self._stands_since: float | None = None
        self._moves = asyncio.Event()
        self._moves.set()

    def now(self) -> float:
        at = self._clock.monotonic() if self._stands_since is None else self._stands_since
        return at - self._left_out_s

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
