import asyncio

import anyio

from adapters.metrics.prometheus_meter import PrometheusMeter, exposition, new_registry
from application.upkeep.loop_lag import LoopLag
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S


async def test_how_much_later_than_asked_the_loop_came_back_is_observed() -> None:
    registry, clock = new_registry(), FakeClock()
    pauses = _Pauses(clock, [0.0, 0.3, 2.0])
    lag = LoopLag(clock=clock, meter=PrometheusMeter(registry), pause=pauses)

    async with lag.opened():
        with anyio.fail_after(PATIENCE_S):
            await pauses.over.wait()

    page = exposition(registry)[0].decode().splitlines()
    assert "agentcast_event_loop_lag_seconds_count 3.0" in page
    assert "agentcast_event_loop_lag_seconds_sum 2.3" in page


class _Pauses:
    """Each takes as long as asked, and a while more."""

    def __init__(self, clock: FakeClock, more_s: list[float]) -> None:
        self.over = asyncio.Event()
        self._clock = clock
        self._more_s = more_s

    async def __call__(self, seconds: float) -> None:
        if not self._more_s:
            self.over.set()
            await asyncio.Event().wait()
        self._clock.advance(seconds + self._more_s.pop(0))
