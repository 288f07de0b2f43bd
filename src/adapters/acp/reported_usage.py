"""Reads what an agent reports that it has used: in one model call, or by model in a turn."""

from collections.abc import Sequence

from adapters.acp.json_message import JsonObject, json_list, json_object, json_text
from domain.usage import Usage


def usage_of(reported: JsonObject) -> Usage:
    """Whether its input holds what was cached, and its output what was thought, its total says."""
    given, written = _amount(reported, "inputTokens"), _amount(reported, "outputTokens")
    cached = _amount(reported, "cachedReadTokens") + _amount(reported, "cachedWriteTokens")
    thought = _amount(reported, "thoughtTokens")
    beside = _amount(reported, "totalTokens") - given - written
    if cached and beside in (cached, cached + thought):
        given, beside = given + cached, beside - cached
    if thought and beside == thought:
        written += thought
    return Usage(
        input_tokens=given,
        output_tokens=written,
        total_tokens=given + written,
        cached_input_tokens=amount(reported.get("cachedReadTokens")),
        reasoning_tokens=amount(reported.get("thoughtTokens")),
    )


def usage_of_turn(answer: JsonObject) -> Sequence[tuple[str, Usage]]:
    """By the names of the models; without a name where it is in one sum. Empty if not reported.

    Gemini CLI says it in words of its own.
    """
    match answer:
        case {"usage": dict(usage)}:
            return [("", usage_of(usage))]
        case {"_meta": {"quota": dict(quota)}}:
            named = [json_object(item) for item in json_list(quota.get("model_usage"))]
            return [(json_text(each.get("model")), _of_quota(each)) for each in named or [quota]]
        case _:
            return []


def amount(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count and isinstance(value, int) else None


def dollars(cost: object) -> float | None:
    match cost:
        case {"amount": int() | float() as sum_, "currency": "USD"} if sum_ >= 0:
            return float(sum_)
        case _:
            return None


def _of_quota(reported: JsonObject) -> Usage:
    sums = json_object(reported.get("token_count"))
    given, written = _amount(sums, "input_tokens"), _amount(sums, "output_tokens")
    return Usage(input_tokens=given, output_tokens=written, total_tokens=given + written)


def _amount(reported: JsonObject, name: str) -> int:
    return amount(reported.get(name)) or 0
