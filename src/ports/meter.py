"""What the program counts about itself."""

from typing import Literal, Protocol

Count = Literal[
    "events_appended",
    "tasks_submitted",
    "tasks_ended",
    "listener_errors",
    "watchers_opened",
    "watchers_closed",
    "events_sent",
    "bytes_sent",
    "resets",
    "store_reads",
]


class Meter(Protocol):
    """Counts only go up; every one is 0 until it is first added to."""

    def add(self, count: Count, amount: int = 1) -> None:
        """Never blocks and never raises."""

    def total(self, count: Count) -> int: ...
