"""The work of a load client and its report; both are passed as JSON."""

from dataclasses import dataclass
from typing import Literal

LoadKind = Literal[
    "fan_out", "stall", "many_sessions", "idle", "replay", "first_event", "store", "log"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    kind: LoadKind
    port: int
    server_pid: int
    watch: str
    """The path of a stream; `{session}` stands for the session's name.

    Without it all watchers read one stream that shows every session.
    """
    submit: str
    """The path that work is posted to; empty for a hub, which a publisher has to feed."""
    body: str
    """What is posted, with `{session}` as above; `{first}` stands for its first event's number."""
    pulse: str
    """The same work as a publisher understands it."""
    count: int
    """How many events one submission makes."""
    session: str = "s"
    watchers: int = 1
    sessions: int = 1
    """How many are submitted to, at once or one after another."""
    replay: str = ""
    """What the path of a stream is followed by, to ask for the past."""
    has_early_watcher: bool = False
    """Whether somebody watches while the past is made, which keeps the tail in memory."""
    seconds: float = 0
    """How long the part that is measured takes, where that is not up to the events."""
    probes: str = ""
    """The path of another request that is timed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    deliveries: int
    lost: int = 0
    doubled: int = 0
    wall_s: float = 0.0
    median_ms: float = 0.0
    """From emit to reading, or from submitting to reading the first event."""
    p99_ms: float = 0.0
    server_us: float = 0.0
    """Processor time of the server for each delivery."""
    client_us: float = 0.0
    """The same of the client."""
    before_ms: float = 0.0
    """The median while nobody stalled."""
    grown_kb: float = 0.0
    """Resident memory of the server, above what it was before."""
    probe_p99_ms: float = 0.0
    size_each: float = 0.0
    """Bytes that the client received for each delivery, the stream's own frames included."""

    @property
    def per_s(self) -> float:
        return self.deliveries / self.wall_s if self.wall_s else 0.0

    @property
    def client_share(self) -> float:
        """How much of its core the client used; near 1 it was the client that was measured."""
        return self.client_us * self.per_s / 1e6
