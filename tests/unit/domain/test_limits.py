"""What a task may use, and how it is counted."""

from dataclasses import replace

import pytest

from domain.events import AgentEvent
from domain.limits import Limits, Spent
from domain.process_events import Log
from domain.thinking_events import IterationStart, TokenUsage
from domain.tool_events import ToolCallStart, ToolCallStream
from domain.usage import Usage


def usage(cost_usd: float | None = None) -> TokenUsage:
    return TokenUsage(
        model="m", input_tokens=6, output_tokens=4, total_tokens=10, cost_usd=cost_usd
    )


CASES: list[tuple[Limits, AgentEvent, str]] = [
    (Limits(iterations=2), IterationStart(iteration=1, max_iterations=9), "limit.iterations"),
    (
        Limits(tool_calls=2),
        ToolCallStart(call_id="c", tool_name="shell", arguments={}),
        "limit.tool_calls",
    ),
    (Limits(tokens=20), usage(), "limit.tokens"),
    (Limits(usd=0.2), usage(cost_usd=0.1), "limit.usd"),
    (Limits(output_bytes=8), Log(line="four", line_num=1, stream="pty"), "limit.output"),
    (
        Limits(output_bytes=8),
        ToolCallStream(call_id="c", stream="stdout", chunk="four"),
        "limit.output",
    ),
]


@pytest.mark.parametrize(("limits", "event", "reason"), CASES)
def test_a_limit_may_be_reached_but_not_passed(
    limits: Limits, event: AgentEvent, reason: str
) -> None:
    spent = Spent()
    spent.count(event)
    spent.count(event)
    assert spent.exceeded(limits) is None

    spent.count(event)

    assert spent.exceeded(limits) == reason


def test_a_sum_is_a_part_only_as_long_as_the_last_report_says_so() -> None:
    spent = Spent()

    spent.count(replace(usage(), partial=True))
    assert spent.usage.partial is True

    spent.count(usage())
    assert spent.usage == Usage(input_tokens=12, output_tokens=8, total_tokens=20)


def test_without_limits_nothing_is_too_much() -> None:
    spent = Spent(iterations=10**6, tool_calls=10**6, output_bytes=10**12)

    assert spent.exceeded(Limits()) is None


def test_a_tasks_own_limits_win_over_those_of_its_agent() -> None:
    own, profile = Limits(timeout_s=5, tokens=10), Limits(timeout_s=60, usd=1.0)

    assert own.within(profile) == Limits(timeout_s=5, tokens=10, usd=1.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_limit_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        Limits(timeout_s=value)


def test_costs_add_up_without_the_noise_of_floats() -> None:
    spent = Spent()
    for _ in range(3):
        spent.count(usage(cost_usd=0.1))

    assert spent.usage.cost_usd == 0.3
    assert spent.exceeded(Limits(usd=0.3)) is None
    assert Usage(cost_usd=0.3).minus(Usage(cost_usd=0.1)).cost_usd == 0.2
    assert usage(cost_usd=3 * 0.0000011).cost_usd == 0.0000033


def test_a_cost_that_is_not_known_is_not_taken_for_nothing() -> None:
    spent = Spent()
    spent.count(usage())
    assert spent.usage.cost_usd is None

    spent.count(usage(cost_usd=0.5))

    assert spent.usage.cost_usd == 0.5


def test_output_without_a_limit_is_bounded_by_what_the_log_takes_for_it() -> None:
    spent = Spent()
    for number in range(1000):
        spent.count(Log(line="y", line_num=number + 1, stream="stdout"))

    assert spent.exceeded(Limits()) is None
    assert spent.exceeded(Limits(), most_stored=1_000_000) is None
    assert spent.exceeded(Limits(), most_stored=100_000) == "limit.output"
    assert spent.exceeded(Limits(output_bytes=5000)) is None
