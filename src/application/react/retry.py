"""How often, and after which delays, a failed model call is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    tries: int = 4
    first_delay_s: float = 1.0
    longest_delay_s: float = 30.0
    longest_retry_after_s: float = 120.0
    spread: Callable[[], float] = lambda: 0.0
    """At random from 0 to 1, so that tasks which failed together are not retried together."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def delay_s(self, *, failed_tries: int, retry_after_s: float | None) -> float | None:
        """At least `retry_after_s`, which the server asked for; None where that is too long to wait.

        Without it, twice the delay before, less up to half of that at random.
        """
        spread = self.spread()
        if retry_after_s is None:
            doubled = self.first_delay_s * 2.0 ** (failed_tries - 1)
            return min(doubled, self.longest_delay_s) * (1 - spread / 2)
        if retry_after_s > self.longest_retry_after_s:
            return None
        return retry_after_s + self.first_delay_s * spread
