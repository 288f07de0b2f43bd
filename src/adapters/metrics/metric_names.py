"""The name and help text of each metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ports.meter import Count, Gauge, Timing

PREFIX = "agentcast_"

_SHORT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Bounds of buckets for waits within the server, in seconds."""
_LONG_S = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
"""Bounds of buckets for waits for tasks, in seconds."""

COUNTS: Mapping[Count, str] = {
    "events_appended": "Events stored in the log.",
    "tasks_submitted": "Tasks submitted.",
    "listener_errors": "Events that a listener failed on.",
    "listener_events_lost": "Events that were gone when a listener came to them.",
    "watchers_opened": "Streams opened.",
    "watchers_closed": "Streams closed.",
    "watchers_let_go": "Streams ended because their client took nothing of what was sent.",
    "events_sent": "Events written to streams.",
    "bytes_sent": "Bytes of events written to streams.",
    "resets": "Streams whose cursor the log could not serve.",
    "tail_hits": "Steps of streams that were served from memory.",
    "store_reads": "Pages that streams read from the store.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeName:
    """Gauges of one family differ in their label."""

    family: str
    help: str
    writer: str | None = None


_STREAMS = "Streams open now, by what writes them."
GAUGES: Mapping[Gauge, GaugeName] = {
    "watchers": GaugeName(family="watchers", help="Watchers now."),
    "watchers_parked": GaugeName(
        family="watchers_parked", help="Watchers whose client does not take what is sent."
    ),
    "streams_portable": GaugeName(family="streams", help=_STREAMS, writer="portable"),
    "streams_taken_over": GaugeName(family="streams", help=_STREAMS, writer="reactor"),
    "tasks_running": GaugeName(
        family="tasks_running", help="Tasks that this process is carrying out."
    ),
    "listener_backlog": GaugeName(
        family="listener_backlog", help="Events that listeners have yet to take."
    ),
}

TASKS_ENDED = "Tasks that have ended, by how and why."
HTTP_REQUESTS = "Requests that were answered over HTTP, streams when they began."


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingName:
    family: str
    help: str
    bounds_s: Sequence[float] = _SHORT_S


TIMINGS: Mapping[Timing, TimingName] = {
    "append": TimingName(
        family="append_seconds", help="How long the log took to store a batch of events."
    ),
    "delivery": TimingName(
        family="delivery_seconds",
        help="From the commit of the oldest event of a write to its streams until the write.",
    ),
    "event_loop_lag": TimingName(
        family="event_loop_lag_seconds",
        help="How much later than asked the event loop came back to a timer.",
    ),
    "queue_wait": TimingName(
        family="queue_wait_seconds",
        help="How long tasks were queued before they were carried out for the first time.",
        bounds_s=_LONG_S,
    ),
}
