"""A clock for what a jump of the wall clock must neither end nor prolong."""

from datetime import timedelta

import pytest

from adapters.system.clock import CheckedClock
from domain.approval import ApprovalStatus
from domain.principal import LOCAL
from tests.approval_fakes import FakeApprovals
from tests.fakes import FakeClock

HOUR_S = 3600.0


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
def test_it_goes_on_as_time_passes_whatever_the_wall_clock_does(jump_s: float) -> None:
    wall = FakeClock()
    checked = CheckedClock(wall)
    began = checked.now()

    wall.advance(20)
    wall.jump(jump_s)
    wall.advance(30)

    assert checked.now() == began + timedelta(seconds=50)
    assert checked.jumped == wall.now() - checked.now() == timedelta(seconds=jump_s)


def test_jumps_add_up() -> None:
    wall = FakeClock()
    checked = CheckedClock(wall)
    began = checked.now()

    for _ in range(5):
        wall.jump(HOUR_S)
        wall.advance(1)
        checked.now()
    wall.jump(-3 * HOUR_S)

    assert checked.now() == began + timedelta(seconds=5)


def test_a_clock_that_is_kept_in_step_is_followed() -> None:
    wall = FakeClock()
    checked = CheckedClock(wall)

    for _ in range(10):
        wall.advance(60)
        wall.jump(0.5)
        assert checked.now() == wall.now()

    assert checked.jumped == timedelta()


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S])
@pytest.mark.parametrize(("passed_s", "status"), [(899, "pending"), (901, "expired")])
async def test_a_question_ends_when_its_time_has_passed_and_not_by_a_jump(
    jump_s: float, passed_s: float, status: ApprovalStatus
) -> None:
    asked = FakeApprovals()
    approval = await asked.ask()

    asked.clock.jump(jump_s)
    asked.clock.advance(passed_s)

    assert (await asked.store.get(LOCAL, approval.approval_id)).status == status


async def test_its_times_are_shown_as_the_wall_clock_has_them_now() -> None:
    asked = FakeApprovals()
    approval = await asked.ask()
    asked.clock.advance(60)

    asked.clock.jump(HOUR_S)

    shown = await asked.store.get(LOCAL, approval.approval_id)
    assert shown.created_at == asked.clock.now() - timedelta(seconds=60)
    assert shown.expires_at == asked.clock.now() + timedelta(seconds=840)
