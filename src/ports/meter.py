"""What the program counts and measures about itself."""

from collections.abc import Callable
from typing import Literal, Protocol

Count = Literal[
    "events_appended",
    "tasks_submitted",
    "tasks_ended",
    "listener_errors",
    "listener_events_lost",
    "watchers_opened",
    "watchers_closed",
    "events_sent",
    "bytes_sent",
    "resets",
    "tail_hits",
    "store_reads",
]
Gauge = Literal[
    "watchers",
    "watchers_parked",
    "streams_portable",
    "streams_detached",
    "streams_reactor",
    "tasks_running",
    "listener_backlog",
]
Timing = Literal["append", "event_loop_lag"]


class Meter(Protocol):
    """Only the event loop's own thread may call it; nothing here blocks or raises.

    Counts only go up; every one is 0 until it is first added to.
    """

    def add(self, count: Count, amount: int = 1) -> None: ...

    def total(self, count: Count) -> int: ...

    def observe(self, timing: Timing, seconds: float) -> None:
        """Note one more duration; how they are spread is what is kept."""

    def show(self, gauge: Gauge, read: Callable[[], int]) -> None:
        """`read` is called whenever somebody looks; the last one given counts, without one it is 0."""

    def level(self, gauge: Gauge) -> int: ...
