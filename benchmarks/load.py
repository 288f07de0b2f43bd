"""What a load client is asked to do, and what it says it saw; both travel as JSON."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    kind: Literal["fan_out", "first_event", "store"]
    port: int
    server_pid: int
    watch: str
    """The path of a stream; `{session}` stands for the session's name."""
    submit: str
    """The path that work is posted to."""
    body: str
    """What is posted, with `{session}` as above."""
    count: int
    """How many events one submission makes."""
    watchers: int = 1
    submissions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    deliveries: int
    lost: int
    doubled: int
    wall_s: float
    median_ms: float
    """From emit to reading, or from submitting to reading the first event."""
    p99_ms: float
    server_us: float
    """Processor time of the server for each delivery."""
    client_us: float
    """The same of the client."""

    @property
    def per_s(self) -> float:
        return self.deliveries / self.wall_s
