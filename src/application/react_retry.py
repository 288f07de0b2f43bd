"""How often, and after which waits, a model that gave no answer is asked again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    tries: int = 4
    first_delay_s: float = 1.0
    longest_delay_s: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def delay_s(self, *, failed_tries: int, retry_after_s: float | None) -> float:
        """What the server asked for, else twice the wait before; never more than the longest."""
        doubled = self.first_delay_s * 2 ** (failed_tries - 1)
        wanted = doubled if retry_after_s is None else retry_after_s
        return min(wanted, self.longest_delay_s)
