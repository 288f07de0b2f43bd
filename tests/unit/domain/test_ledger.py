"""What a run has used, and which limit that passes."""

from dataclasses import replace

import pytest

from domain.events import AgentEvent
from domain.ledger import Ledger
from domain.limits import Limits
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
    ledger = Ledger(limits=limits)
    ledger.record(event)
    ledger.record(event)
    assert ledger.passed is None

    ledger.record(event)

    assert ledger.passed == reason


def test_a_sum_is_partial_only_as_long_as_the_last_report_is() -> None:
    ledger = Ledger()

    ledger.record(replace(usage(), partial=True))
    assert ledger.usage.partial is True

    ledger.record(usage())
    assert ledger.usage == Usage(input_tokens=12, output_tokens=8, total_tokens=20)


def test_without_limits_nothing_is_too_much() -> None:
    ledger = Ledger(iterations=10**6, tool_calls=10**6, output_bytes=10**12)

    assert ledger.passed is None


def test_costs_add_up_without_the_noise_of_floats() -> None:
    ledger = Ledger(limits=Limits(usd=0.3))
    for _ in range(3):
        ledger.record(usage(cost_usd=0.1))

    assert ledger.usage.cost_usd == 0.3
    assert ledger.passed is None
    assert Usage(cost_usd=0.3).minus(Usage(cost_usd=0.1)).cost_usd == 0.2
    assert usage(cost_usd=3 * 0.0000011).cost_usd == 0.0000033


def test_a_cost_that_is_not_known_is_not_taken_for_nothing() -> None:
    ledger = Ledger()
    ledger.record(usage())
    assert ledger.usage.cost_usd is None

    ledger.record(usage(cost_usd=0.5))

    assert ledger.usage.cost_usd == 0.5


def test_output_without_a_limit_is_bounded_by_what_the_log_takes_for_it() -> None:
    ledger = Ledger()
    for number in range(1000):
        ledger.record(Log(line="y", line_num=number + 1, stream="stdout"))

    assert ledger.passed is None
    assert replace(ledger, most_stored=1_000_000).passed is None
    assert replace(ledger, most_stored=100_000).passed == "limit.output"
    assert replace(ledger, limits=Limits(output_bytes=5000)).passed is None


def test_calls_of_an_earlier_attempt_count_towards_the_limit_once() -> None:
    earlier = Ledger()
    earlier.record(ToolCallStart(call_id="c", tool_name="ask_user", arguments={}))

    resumed = replace(earlier, limits=Limits(tool_calls=2))

    assert resumed.tool_calls_left == 1
    assert earlier.tool_calls_left is None


def test_the_event_of_a_model_call_has_the_totals_after_it() -> None:
    ledger = Ledger()
    ledger.record(usage(cost_usd=0.1))

    event = ledger.usage_event("m", Usage(input_tokens=6, output_tokens=4, cost_usd=0.1))

    assert (event.input_tokens, event.total_tokens, event.total_cost_usd) == (6, 20, 0.2)
    assert ledger.usage.total_tokens == 10
