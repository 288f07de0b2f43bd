"""What the program counts and measures about itself."""

from collections.abc import Callable
from typing import Literal, Protocol

from domain.task import EndReason, TaskStatus

Count = Literal[
    "events_appended",
    "tasks_submitted",
    "listener_errors",
    "listener_events_lost",
    "watchers_opened",
    "watchers_closed",
    "watchers_let_go",
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
    "streams_taken_over",
    "tasks_running",
    "listener_backlog",
]
Timing = Literal["append", "delivery", "event_loop_lag", "queue_wait"]


class Meter(Protocol):
    """Only the event loop's own thread may call it; nothing here blocks or raises.

    Counts only go up; every one is 0 until it is first added to.
    """

    def add(self, count: Count, amount: int = 1) -> None: ...

    def total(self, count: Count) -> int: ...

    def task_ended(self, outcome: TaskStatus, reason: EndReason | None) -> None:
        """Count one more task that has ended like this, by what this process has written."""

    def request_answered(self, *, method: str, route: str, status: int) -> None:
        """Count one more answered request; `route` is a template, of which there are few."""

    def observe(self, timing: Timing, seconds: float) -> None:
        """Add a duration to the distribution of this timing."""

    def show(self, gauge: Gauge, read: Callable[[], int]) -> None:
        """`read` is called for each report of the gauge, and replaces an earlier one; without, 0."""

    def level(self, gauge: Gauge) -> int: ...
