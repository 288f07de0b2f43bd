import pytest

from adapters.acp.usage_counter import usage_of, usage_of_turn
from domain.usage import Usage

Json = dict[str, object]


@pytest.mark.parametrize(
    ("reported", "given", "written"),
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
def test_input_includes_cached_and_output_includes_reasoning_tokens(
    reported: Json, given: int, written: int
) -> None:
    used = usage_of({**reported, "totalTokens": given + written})

    assert (used.input_tokens, used.output_tokens) == (given, written)


def test_tokens_that_an_agent_includes_already_are_not_added_again() -> None:
    reported: Json = {"inputTokens": 1000, "outputTokens": 7, "totalTokens": 1007}

    assert usage_of({**reported, "cachedReadTokens": 300, "thoughtTokens": 2}) == Usage(
        input_tokens=1000,
        output_tokens=7,
        total_tokens=1007,
        cached_input_tokens=300,
        reasoning_tokens=2,
    )


def test_gemini_cli_reports_usage_by_model() -> None:
    def sums(given: int, written: int) -> Json:
        return {"input_tokens": given, "output_tokens": written}

    whole: Json = {"token_count": sums(40, 20)}
    pro: Json = {"model": "gemini-pro", "token_count": sums(30, 15)}
    flash: Json = {"model": "gemini-flash", "token_count": sums(10, 5)}

    assert _named({"_meta": {"quota": {**whole, "model_usage": [pro, flash]}}}) == [
        ("gemini-pro", 30, 15),
        ("gemini-flash", 10, 5),
    ]
    assert _named({"_meta": {"quota": whole}}) == [("", 40, 20)]


@pytest.mark.parametrize("answer", [{}, {"usage": None}, {"_meta": {"quota": None}}, {"usage": 3}])
def test_an_answer_without_totals_has_no_usage(answer: Json) -> None:
    assert _named({"stopReason": "end_turn", **answer}) == []


def _named(answer: Json) -> list[tuple[str, int, int]]:
    used = usage_of_turn(answer)
    return [(model, usage.input_tokens, usage.output_tokens) for model, usage in used]
