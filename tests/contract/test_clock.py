"""What every clock promises."""

from datetime import timedelta

import pytest

from adapters.system.clock import SystemClock
from ports.clock import Clock
from tests.fakes import FakeClock


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_the_wall_clock_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_the_monotonic_clock_never_goes_back(clock: Clock) -> None:
    times = [clock.monotonic() for _ in range(1000)]

    assert times == sorted(times)
