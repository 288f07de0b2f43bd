"""How much a task may use."""

import pytest

from domain.limits import Limits


def test_a_tasks_own_limits_win_over_those_of_its_agent() -> None:
    own, profile = Limits(timeout_s=5, tokens=10), Limits(timeout_s=60, usd=1.0)

    assert own.within(profile) == Limits(timeout_s=5, tokens=10, usd=1.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_limit_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        Limits(timeout_s=value)
