"""Counts in the form that Prometheus reads, in a registry of its own."""

from collections.abc import Mapping
from typing import get_args

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest

from ports.meter import Count

_HELP: Mapping[Count, str] = {
    "events_appended": "Events stored in the log.",
    "tasks_submitted": "Tasks submitted.",
    "tasks_ended": "Runs that this process has ended.",
    "listener_errors": "Events that a listener failed on.",
    "watchers_opened": "Streams opened.",
    "watchers_closed": "Streams closed.",
    "events_sent": "Events written to streams.",
    "bytes_sent": "Bytes of events written to streams.",
    "resets": "Streams whose cursor the log could not serve.",
    "store_reads": "Pages that streams read from the store.",
}


class PrometheusMeter:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {
            name: Counter(f"agentcast_{name}", _HELP[name], registry=registry)
            for name in get_args(Count)
        }
        self._totals = dict.fromkeys(self._counters, 0)

    def add(self, count: Count, amount: int = 1) -> None:
        self._totals[count] += amount
        self._counters[count].inc(amount)

    def total(self, count: Count) -> int:
        return self._totals[count]


def new_registry() -> CollectorRegistry:
    return CollectorRegistry()


def exposition(registry: CollectorRegistry) -> tuple[bytes, str]:
    """All counts in Prometheus's text format, and its content type."""
    return generate_latest(registry), CONTENT_TYPE_LATEST
