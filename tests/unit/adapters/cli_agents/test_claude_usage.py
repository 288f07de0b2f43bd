from adapters.cli_agents.claude_code_parser import ClaudeCodeParser
from domain.thinking_events import TokenUsage
from domain.usage import Usage
from tests.fakes import FakeClock
from tests.unit.adapters.cli_agents.claude_lines import (
    Line,
    assistant,
    piece,
    pieces,
    result,
    text,
)
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

CALL = {
    "input_tokens": 10,
    "cache_read_input_tokens": 80,
    "cache_creation_input_tokens": 10,
    "output_tokens": 1,
}


def usages(*lines: Line) -> list[TokenUsage]:
    events = events_of(new_parser("claude-code"), *lines)
    return [event for event in events if isinstance(event, TokenUsage)]


def sums(**costs: float) -> Line:
    events_from = {
        "inputTokens": 10,
        "cacheReadInputTokens": 80,
        "cacheCreationInputTokens": 10,
        "outputTokens": 30,
    }
    return {model: {**events_from, "costUSD": cost} for model, cost in costs.items()}


def test_the_usage_repeated_in_each_line_of_a_message_is_counted_once() -> None:
    assert usages(assistant(text("One."), usage=CALL), assistant(text("Two."), usage=CALL)) == [
        TokenUsage(
            model="opus",
            input_tokens=100,
            output_tokens=1,
            total_tokens=101,
            cached_input_tokens=80,
        )
    ]


def test_the_totals_at_the_end_add_only_what_was_not_counted() -> None:
    assert usages(
        assistant(text("One."), usage=CALL),
        result(modelUsage=sums(**{"opus[1m]": 0.5, "haiku": 0.25})),
    )[1:] == [
        TokenUsage(
            model="opus",
            input_tokens=0,
            output_tokens=29,
            total_tokens=130,
            cached_input_tokens=0,
            cost_usd=0.5,
            total_cost_usd=0.5,
        ),
        TokenUsage(
            model="haiku",
            input_tokens=100,
            output_tokens=30,
            total_tokens=260,
            cached_input_tokens=80,
            cost_usd=0.25,
            total_cost_usd=0.75,
        ),
    ]


def test_the_totals_of_a_second_turn_include_the_first() -> None:
    once = sums(opus=0.5)

    assert usages(result(modelUsage=once), result(modelUsage=once)) == [
        TokenUsage(
            model="opus",
            input_tokens=100,
            output_tokens=30,
            total_tokens=130,
            cached_input_tokens=80,
            cost_usd=0.5,
            total_cost_usd=0.5,
        )
    ]


def test_totals_under_other_names_are_not_counted_twice() -> None:
    events_from = usages(
        assistant(text("One."), usage=CALL), result(modelUsage=sums(**{"opus-by-another-name": 1}))
    )

    counted = Usage()
    for event in events_from:
        counted = counted.plus(
            Usage(input_tokens=event.input_tokens, output_tokens=event.output_tokens)
        )
    assert counted == Usage(input_tokens=100, output_tokens=30)
    assert (events_from[-1].total_tokens, events_from[-1].total_cost_usd) == (130, 1.0)


def test_a_total_without_models_counts_for_the_initial_model() -> None:
    assert usages(
        {"type": "system", "subtype": "init", "model": "opus[1m]"},
        result(usage=CALL, total_cost_usd=0.5),
    ) == [
        TokenUsage(
            model="opus",
            input_tokens=100,
            output_tokens=1,
            total_tokens=101,
            cached_input_tokens=80,
            cost_usd=0.5,
            total_cost_usd=0.5,
        )
    ]


def test_a_streamed_message_is_counted_once_with_the_usage_of_its_end() -> None:
    end: list[Line] = [
        piece({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 30}}),
        piece({"type": "message_stop"}),
    ]

    assert usages(
        *pieces("m1", usage=CALL), assistant(text("One."), usage=CALL), *end, end[-1]
    ) == [
        TokenUsage(
            model="opus",
            input_tokens=100,
            output_tokens=30,
            total_tokens=130,
            cached_input_tokens=80,
        )
    ]


def test_invalid_amounts_count_as_not_reported() -> None:
    odd = {"input_tokens": "9" * 30, "output_tokens": -1, "cache_read_input_tokens": True}

    assert usages(assistant(text("One."), usage=odd), result(usage=7, modelUsage=[1])) == []


class DollarAToken:
    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        """What is written to the cache costs twice as much."""
        known = float(usage.input_tokens + usage.output_tokens + cache_written_tokens)
        return known if model == "opus" else None


def costs(*lines: Line) -> list[tuple[float | None, float | None]]:
    parser = ClaudeCodeParser(FakeClock(), prices=DollarAToken())
    return [
        (event.cost_usd, event.total_cost_usd)
        for event in events_of(parser, *lines)
        if isinstance(event, TokenUsage)
    ]


def test_a_call_is_priced_before_the_agent_reports_its_cost() -> None:
    assert costs(assistant(text("One."), usage=CALL)) == [(111.0, 111.0)]


def test_the_total_cost_counts_only_beyond_what_was_priced() -> None:
    called = assistant(text("One."), usage=CALL)

    assert costs(called, result(modelUsage=sums(opus=150.0))) == [(111.0, 111.0), (39.0, 150.0)]


def test_an_unpriced_call_has_no_cost_until_one_is_reported() -> None:
    begun: Line = {"id": "m1", "model": "own", "usage": CALL}
    call = [piece({"type": "message_start", "message": begun}), piece({"type": "message_stop"})]

    assert costs(*call) == [(None, None)]
    assert costs(*call, result(modelUsage=sums(own=2.0)))[-1] == (2.0, 2.0)
