"""Counts the tokens of an agent once, however often and in whatever totals they are reported."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from domain.thinking_events import TokenUsage
from domain.usage import Usage
from ports.price_list import PriceList


class TokenCounter:
    """Usage without a cost is priced, so that a limit in USD is enforced during the run."""

    def __init__(self, prices: PriceList | None = None) -> None:
        self._prices = prices
        self._by_model: dict[str, Usage] = {}

    def add(
        self, model: str, usage: Usage, *, cache_written_tokens: int = 0
    ) -> Iterator[TokenUsage]:
        """The usage of one model call; no event for an empty one."""
        if not (usage.input_tokens or usage.output_tokens or usage.cost_usd):
            return
        usage = self._priced(model, usage, cache_written_tokens)
        self._by_model[model] = self._by_model.get(model, Usage()).plus(usage)
        total = _sum(self._by_model)
        yield TokenUsage(
            model=model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_input_tokens=usage.cached_input_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cost_usd=usage.cost_usd,
            total_tokens=total.total_tokens,
            total_cost_usd=total.cost_usd,
        )

    def raise_to(self, totals: Mapping[str, Usage]) -> Iterator[TokenUsage]:
        """Adds what the agent's totals by model exceed the counted usage by."""
        if not self._by_model.keys() <= totals.keys():
            totals = {next(iter(totals)): _sum(totals)} if totals else {}
            counted = dict.fromkeys(totals, _sum(self._by_model))
        else:
            counted = dict(self._by_model)
        for model, usage in totals.items():
            yield from self.add(model, usage.minus(counted.get(model, Usage())))

    def _priced(self, model: str, usage: Usage, cache_written_tokens: int) -> Usage:
        if self._prices is None or usage.cost_usd is not None:
            return usage
        cost_usd = self._prices.cost_of(
            model=model, usage=usage, cache_written_tokens=cache_written_tokens
        )
        return replace(usage, cost_usd=cost_usd)


def usage(
    *,
    input_tokens: object,
    output_tokens: object,
    cached: object = None,
    reasoning: object = None,
    cost_usd: object = None,
) -> Usage:
    """From reported values; anything but a count is treated as not reported."""
    taken, given = _amount(input_tokens) or 0, _amount(output_tokens) or 0
    return Usage(
        input_tokens=taken,
        output_tokens=given,
        total_tokens=taken + given,
        cached_input_tokens=_amount(cached),
        reasoning_tokens=_amount(reasoning),
        cost_usd=_price(cost_usd),
    )


def added(*amounts: object) -> int:
    return sum(_amount(amount) or 0 for amount in amounts)


def _amount(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count and isinstance(value, int) else None


def _price(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if value >= 0 else None


def _sum(by_model: Mapping[str, Usage]) -> Usage:
    total = Usage()
    for one in by_model.values():
        total = total.plus(one)
    return total
