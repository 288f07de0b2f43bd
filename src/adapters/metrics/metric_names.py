"""How each count, level and timing is called and explained to those who scrape."""

from collections.abc import Mapping
from dataclasses import dataclass

from ports.meter import Count, Gauge, Timing

PREFIX = "agentcast_"

COUNTS: Mapping[Count, str] = {
    "events_appended": "Events stored in the log.",
    "tasks_submitted": "Tasks submitted.",
    "tasks_ended": "Runs that this process has ended.",
    "listener_errors": "Events that a listener failed on.",
    "listener_events_lost": "Events that were gone when a listener came to them.",
    "watchers_opened": "Streams opened.",
    "watchers_closed": "Streams closed.",
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
    "streams_detached": GaugeName(family="streams", help=_STREAMS, writer="detached"),
    "streams_reactor": GaugeName(family="streams", help=_STREAMS, writer="reactor"),
    "tasks_running": GaugeName(
        family="tasks_running", help="Tasks that this process is carrying out."
    ),
    "listener_backlog": GaugeName(
        family="listener_backlog", help="Events that listeners have yet to take."
    ),
}

TIMINGS: Mapping[Timing, tuple[str, str]] = {
    "append": ("append_seconds", "How long the log took to store a batch of events."),
    "event_loop_lag": (
        "event_loop_lag_seconds",
        "How much later than asked the event loop came back to a timer.",
    ),
}
