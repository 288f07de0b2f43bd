"""Metrics in the format of Prometheus, in a registry of their own."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from adapters.metrics.metric_names import (
    COUNTS,
    GAUGES,
    HTTP_REQUESTS,
    PREFIX,
    TASKS_ENDED,
    TIMINGS,
)
from domain.task import EndReason, TaskStatus
from ports.meter import Count, Gauge, Timing


class PrometheusMeter:
    """Keeps plain numbers, which cost the hot path little; metrics are made of them when read."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._totals: dict[Count, int] = dict.fromkeys(get_args(Count), 0)
        self._gauges: dict[Gauge, Callable[[], int]] = {}
        self._durations = {timing: _Durations(name.bounds_s) for timing, name in TIMINGS.items()}
        self._ended: Counter[tuple[str, str]] = Counter()
        self._answered: Counter[tuple[str, str, str]] = Counter()
        registry.register(self)

    def add(self, count: Count, amount: int = 1) -> None:
        self._totals[count] += amount

    def total(self, count: Count) -> int:
        return self._totals[count]

    def task_ended(self, outcome: TaskStatus, reason: EndReason | None) -> None:
        self._ended[outcome.value, reason or ""] += 1

    def request_answered(self, *, method: str, route: str, status: int) -> None:
        self._answered[method, route, f"{status // 100}xx"] += 1

    def observe(self, timing: Timing, seconds: float) -> None:
        self._durations[timing].add(seconds)

    def show(self, gauge: Gauge, read: Callable[[], int]) -> None:
        self._gauges[gauge] = read

    def level(self, gauge: Gauge) -> int:
        read = self._gauges.get(gauge)
        return read() if read else 0

    def collect(self) -> Iterable[Metric]:
        """Called by the registry when the page is read."""
        yield from self._counters()
        yield from self._labelled()
        yield from self._levels()
        yield from self._histograms()

    def _counters(self) -> Iterable[Metric]:
        for count, text in COUNTS.items():
            yield CounterMetricFamily(PREFIX + count, text, value=self._totals[count])

    def _labelled(self) -> Iterable[Metric]:
        ended = CounterMetricFamily(
            PREFIX + "tasks_ended", TASKS_ENDED, labels=["outcome", "reason"]
        )
        for outcome_and_reason, count in self._ended.items():
            ended.add_metric(outcome_and_reason, count)
        answered = CounterMetricFamily(
            PREFIX + "http_requests", HTTP_REQUESTS, labels=["method", "route", "status"]
        )
        for request, count in self._answered.items():
            answered.add_metric(request, count)
        yield from (ended, answered)

    def _levels(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for gauge, name in GAUGES.items():
            labels = {} if name.writer is None else {"writer": name.writer}
            family = families.setdefault(
                name.family, GaugeMetricFamily(PREFIX + name.family, name.help, labels=[*labels])
            )
            family.add_metric([*labels.values()], self.level(gauge))
        yield from families.values()

    def _histograms(self) -> Iterable[Metric]:
        for timing, name in TIMINGS.items():
            durations = self._durations[timing]
            yield HistogramMetricFamily(
                PREFIX + name.family,
                name.help,
                buckets=durations.buckets(),
                sum_value=durations.sum_s,
            )


class _Durations:
    """A histogram of durations."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds_s, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, and how many durations were at most as long: cumulative, as Prometheus wants."""
        bounds = (*map(str, self._bounds_s), "+Inf")
        return list(zip(bounds, accumulate(self._counts), strict=True))


def new_registry() -> CollectorRegistry:
    """Has the metrics of the process already: memory, CPU time, descriptors."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry) -> tuple[bytes, str]:
    """All metrics in the text format of Prometheus, and its content type."""
    return generate_latest(registry), CONTENT_TYPE_LATEST
