import pytest

from adapters.acp.reported_usage import usage_of, usage_of_turn
from domain.usage import Usage

ToolOutcome = dict[str, object]


@pytest.mark.parametrize(
    ("told", "given", "written"),
    [
        ({"inputTokens": 40, "outputTokens": 20}, 40, 20),
        (
            {"inputTokens": 1700, "outputTokens": 5, "cachedReadTokens": 300, "thoughtTokens": 2},
            2000,
            7,
        ),
        (
            {"inputTokens": 60, "outputTokens": 30, "cachedReadTokens": 5, "cachedWriteTokens": 5},
            70,
            30,
        ),
        ({"inputTokens": 10, "outputTokens": 2, "thoughtTokens": 6}, 10, 8),
    ],
)
def test_input_holds_what_was_cached_and_output_what_was_thought(
    told: ToolOutcome, given: int, written: int
) -> None:
    used = usage_of({**told, "totalTokens": given + written})

    assert (used.input_tokens, used.output_tokens) == (given, written)


def test_what_an_agent_has_added_already_is_not_added_again() -> None:
    told: ToolOutcome = {"inputTokens": 1000, "outputTokens": 7, "totalTokens": 1007}

    assert usage_of({**told, "cachedReadTokens": 300, "thoughtTokens": 2}) == Usage(
        input_tokens=1000,
        output_tokens=7,
        total_tokens=1007,
        cached_input_tokens=300,
        reasoning_tokens=2,
    )


def test_gemini_cli_reports_a_turn_by_its_models() -> None:
    def sums(given: int, written: int) -> ToolOutcome:
        return {"input_tokens": given, "output_tokens": written}

    whole: ToolOutcome = {"token_count": sums(40, 20)}
    pro: ToolOutcome = {"model": "gemini-pro", "token_count": sums(30, 15)}
    flash: ToolOutcome = {"model": "gemini-flash", "token_count": sums(10, 5)}

    assert _named({"_meta": {"quota": {**whole, "model_usage": [pro, flash]}}}) == [
        ("gemini-pro", 30, 15),
        ("gemini-flash", 10, 5),
    ]
    assert _named({"_meta": {"quota": whole}}) == [("", 40, 20)]


@pytest.mark.parametrize("answer", [{}, {"usage": None}, {"_meta": {"quota": None}}, {"usage": 3}])
def test_an_answer_without_sums_reports_nothing(answer: ToolOutcome) -> None:
    assert _named({"stopReason": "end_turn", **answer}) == []


def _named(answer: ToolOutcome) -> list[tuple[str, int, int]]:
    used = usage_of_turn(answer)
    return [(model, usage.input_tokens, usage.output_tokens) for model, usage in used]
