"""Reads the tokens and costs that Claude Code tells: by call, and in sum by model."""

from collections.abc import Mapping

from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.token_count import added, usage
from domain.usage import Usage


def call_usage(told: Mapping[str, object], cost_usd: object = None) -> Usage:
    """Its input tokens do not hold those of the cache; ours do."""
    cached = told.get("cache_read_input_tokens")
    written = told.get("cache_creation_input_tokens")
    return usage(
        input_tokens=added(told.get("input_tokens"), cached, written),
        output_tokens=told.get("output_tokens"),
        cached=cached,
        cost_usd=cost_usd,
    )


def cache_written(told: Mapping[str, object]) -> int:
    """Of the input tokens, those that cost more because they are kept."""
    return added(told.get("cache_creation_input_tokens"))


def later_usage(known: JsonObject, event: object) -> JsonObject:
    """What is told at the end of a message holds what was told at its start, or leaves it out."""
    match event:
        case {"usage": dict(told)}:
            names = known.keys() | told.keys()
            return {name: max(added(known.get(name)), added(told.get(name))) for name in names}
        case _:
            return known


def usage_by_model(result: JsonObject, *, model: str) -> dict[str, Usage]:
    """The sums in a result line; those without a split by model belong to the one given."""
    told: dict[str, Usage] = {}
    split = result.get("modelUsage")
    for name, sums in split.items() if isinstance(split, dict) else ():
        if isinstance(sums, dict):
            plain = model_name(name)
            told[plain] = told.get(plain, Usage()).plus(_model_usage(sums))
    whole = result.get("usage")
    if not told and isinstance(whole, dict):
        told[model] = call_usage(whole, result.get("total_cost_usd"))
    return told


def model_name(name: str) -> str:
    """A sum's name carries the size of the context: `claude-opus-4-8[1m]`."""
    return name.partition("[")[0]


def _model_usage(sums: JsonObject) -> Usage:
    cached, written = sums.get("cacheReadInputTokens"), sums.get("cacheCreationInputTokens")
    return usage(
        input_tokens=added(sums.get("inputTokens"), cached, written),
        output_tokens=sums.get("outputTokens"),
        cached=cached,
        cost_usd=sums.get("costUSD"),
    )
