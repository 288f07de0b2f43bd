"""Time, as the application may know it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock: aware, in UTC. It may jump; use it for what people read."""

    def monotonic(self) -> float:
        """Seconds that never go back; use it for durations and deadlines."""
