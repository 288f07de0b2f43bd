"""What an agent has used, counted once in whichever sums it is told."""

from collections.abc import Iterator

from adapters.acp.json_message import JsonObject
from domain.thinking_events import TokenUsage
from domain.usage import Usage


class UsageCount:
    """While a turn goes on an agent tells how full its context is; at the end, what it used."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._counted = Usage()

    def take(self, update: JsonObject) -> Iterator[TokenUsage]:
        """What the context has grown by was read; a price is the sum so far, in dollars."""
        yield from self._reach(
            input_tokens=_amount(update.get("used")),
            output_tokens=0,
            cost_usd=_dollars(update.get("cost")),
        )

    def end(self, usage: JsonObject) -> Iterator[TokenUsage]:
        """The turn's own sums, of which only what is not counted yet is told."""
        yield from self._reach(
            input_tokens=_amount(usage.get("inputTokens")),
            output_tokens=_amount(usage.get("outputTokens")),
            cached=_told(usage.get("cachedReadTokens")),
            reasoning=_told(usage.get("thoughtTokens")),
        )

    def _reach(
        self,
        *,
        input_tokens: int,
        output_tokens: int,
        cached: int | None = None,
        reasoning: int | None = None,
        cost_usd: float | None = None,
    ) -> Iterator[TokenUsage]:
        before = self._counted
        taken = max(0, input_tokens - before.input_tokens)
        given = max(0, output_tokens - before.output_tokens)
        price = None if cost_usd is None else max(0.0, cost_usd - (before.cost_usd or 0.0))
        if not (taken or given or price):
            return
        new = Usage(
            input_tokens=taken,
            output_tokens=given,
            total_tokens=taken + given,
            cached_input_tokens=cached,
            reasoning_tokens=reasoning,
            cost_usd=price,
        )
        self._counted = before.plus(new)
        yield TokenUsage(
            model=self._model,
            input_tokens=taken,
            output_tokens=given,
            cached_input_tokens=cached,
            reasoning_tokens=reasoning,
            cost_usd=price,
            total_tokens=self._counted.total_tokens,
            total_cost_usd=self._counted.cost_usd,
        )


def _amount(value: object) -> int:
    return _told(value) or 0


def _told(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count and isinstance(value, int) else None


def _dollars(cost: object) -> float | None:
    match cost:
        case {"amount": int() | float() as amount, "currency": "USD"} if amount >= 0:
            return float(amount)
        case _:
            return None
