"""The time and deadlines of a run stop while it waits for a person."""

import asyncio

import anyio

from application.running.working_time import Taken, WorkingTime
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S


def test_it_leaves_out_what_it_stood_still() -> None:
    clock = FakeClock()
    time = WorkingTime(clock)
    seen: list[float] = []

    clock.advance(1)
    for _ in range(2):
        with time.stopped():
            clock.advance(10)
            seen.append(time.now())
        clock.advance(2)
        seen.append(time.now())

    assert seen == [1, 3, 3, 5]


def test_the_time_of_a_run_and_the_time_of_people_are_reported_apart() -> None:
    clock = FakeClock()
    time = WorkingTime(clock)
    clock.advance(1.5)
    alone = time.taken

    with time.stopped():
        clock.advance(10)
        still_waiting = time.taken

    assert alone == Taken(duration_ms=1500, waited_ms=None)
    assert time.taken == still_waiting == Taken(duration_ms=1500, waited_ms=10_000)


async def test_who_waits_for_it_to_move_goes_on_when_it_does() -> None:
    time = WorkingTime(FakeClock())
    await time.running()

    with time.stopped():
        moved = asyncio.ensure_future(time.running())
        await anyio.lowlevel.checkpoint()
        assert not moved.done()

    with anyio.fail_after(PATIENCE_S):
        await moved
