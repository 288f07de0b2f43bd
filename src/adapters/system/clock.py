"""The machine's clocks, and its wall clock without jumps."""

import time
from datetime import UTC, datetime, timedelta

from ports.clock import Clock

_TOLERANCE = timedelta(seconds=1)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class CheckedClock:
    """For what must neither end nor last longer because the wall clock is set.

    Goes on from the wall clock's first reading as the monotonic clock does.

    Small corrections, as of a clock that is kept in step with others, are followed: up to a second
    between two readings. While a machine sleeps it stands still, as its monotonic clock does.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jumped = timedelta()
        self._last_now, self._last_monotonic = clock.now(), clock.monotonic()

    def now(self) -> datetime:
        now, monotonic = self._clock.now(), self._clock.monotonic()
        passed = timedelta(seconds=monotonic - self._last_monotonic)
        surplus = now - self._last_now - passed
        if abs(surplus) > _TOLERANCE:
            self._jumped += surplus
        self._last_now, self._last_monotonic = now, monotonic
        return now - self._jumped

    @property
    def jumped(self) -> timedelta:
        """By how much the wall clock, at its last reading, was ahead of this one."""
        return self._jumped
