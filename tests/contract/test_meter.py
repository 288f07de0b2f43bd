"""What every meter promises."""

from collections.abc import Callable, Mapping
from typing import get_args

import pytest

from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from domain.task import FINAL, EndReason
from ports.meter import Count, Gauge, Meter, Timing


def prometheus() -> Meter:
    return PrometheusMeter(new_registry())


METERS: Mapping[str, Callable[[], Meter]] = {"prometheus": prometheus}


@pytest.fixture(params=list(METERS.values()), ids=list(METERS))
def meter(request: pytest.FixtureRequest) -> Meter:
    make: Callable[[], Meter] = request.param
    return make()


def test_every_count_and_level_is_zero_at_first(meter: Meter) -> None:
    assert [meter.total(count) for count in get_args(Count)] == [0] * len(get_args(Count))
    assert [meter.level(gauge) for gauge in get_args(Gauge)] == [0] * len(get_args(Gauge))


def test_what_is_added_adds_up_and_touches_no_other_count(meter: Meter) -> None:
    meter.add("events_sent")
    meter.add("events_sent", 41)
    meter.add("resets", 0)

    assert meter.total("events_sent") == 42
    assert meter.total("bytes_sent") == meter.total("resets") == 0


def test_a_level_is_read_again_at_each_look(meter: Meter) -> None:
    watchers: list[str] = []
    meter.show("watchers", lambda: len(watchers))

    before = meter.level("watchers")
    watchers.append("one more")

    assert (before, meter.level("watchers")) == (0, 1)


def test_the_last_reader_of_a_level_counts(meter: Meter) -> None:
    meter.show("tasks_running", lambda: 1)
    meter.show("tasks_running", lambda: 2)

    assert meter.level("tasks_running") == 2


def test_any_duration_may_be_observed(meter: Meter) -> None:
    for timing in get_args(Timing):
        for seconds in (0.0, 0.0005, 3.0, 1e9):
            meter.observe(timing, seconds)


def test_every_end_of_a_task_and_every_answer_may_be_counted(meter: Meter) -> None:
    reasons = [None, *(word for of in get_args(EndReason) for word in get_args(of))]
    for outcome in FINAL:
        for reason in reasons:
            meter.task_ended(outcome, reason)
    for status in range(200, 600):
        meter.request_answered(method="GET", route="/tasks/{task_id}", status=status)

    assert [meter.total(count) for count in get_args(Count)] == [0] * len(get_args(Count))
