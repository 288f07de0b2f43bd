"""What an agent has used, counted once however often and in whichever sums it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from domain.thinking_events import TokenUsage
from domain.usage import Usage
from ports.price_list import PriceList


class TokenCount:
    """What the agent tells no cost of is priced, so that a limit of money holds before its end."""

    def __init__(self, prices: PriceList | None = None) -> None:
        self._prices = prices
        self._by_model: dict[str, Usage] = {}

    def add(
        self, model: str, usage: Usage, *, cache_written_tokens: int = 0
    ) -> Iterator[TokenUsage]:
        """What one call to a model used; nothing is told of nothing."""
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

    def reach(self, told: Mapping[str, Usage]) -> Iterator[TokenUsage]:
        """The agent's own sums by model, of which only what is not counted yet is added."""
        if not self._by_model.keys() <= told.keys():
            told = {next(iter(told)): _sum(told)} if told else {}
            counted = dict.fromkeys(told, _sum(self._by_model))
        else:
            counted = dict(self._by_model)
        for model, usage in told.items():
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
    """From what was told; an amount that is no amount counts as untold."""
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


def _amount(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _price(told: object) -> float | None:
    if not isinstance(told, int | float) or isinstance(told, bool):
        return None
    return float(told) if told >= 0 else None


def _sum(by_model: Mapping[str, Usage]) -> Usage:
    total = Usage()
    for one in by_model.values():
        total = total.plus(one)
    return total
