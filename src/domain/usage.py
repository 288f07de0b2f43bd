"""What a task has used of a language model."""

from dataclasses import dataclass
from typing import TypeVar

from domain.json_values import require_finite

N = TypeVar("N", int, float)

_USD_PLACES = 10  # a hundredth of the cheapest token


def usd(amount: float | None) -> float | None:
    """An amount as the decimal that it stands for, without the error of adding floats."""
    return None if amount is None else round(amount, _USD_PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Sums over a task; without a known price there is no cost, rather than a cost of 0."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_input_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    partial: bool | None = None
    """The agent does not report all of it: this is a lower bound."""

    def __post_init__(self) -> None:
        require_finite(self.cost_usd)
        object.__setattr__(self, "cost_usd", usd(self.cost_usd))

    def minus(self, earlier: "Usage") -> "Usage":
        """The difference to an earlier sum, never negative."""
        taken = max(0, self.input_tokens - earlier.input_tokens)
        given = max(0, self.output_tokens - earlier.output_tokens)
        return Usage(
            input_tokens=taken,
            output_tokens=given,
            total_tokens=taken + given,
            cached_input_tokens=_more(self.cached_input_tokens, earlier.cached_input_tokens),
            reasoning_tokens=_more(self.reasoning_tokens, earlier.reasoning_tokens),
            cost_usd=_more(self.cost_usd, earlier.cost_usd),
            partial=self.partial,
        )

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            total_tokens=self.total_tokens + other.total_tokens,
            cached_input_tokens=_sum(self.cached_input_tokens, other.cached_input_tokens),
            reasoning_tokens=_sum(self.reasoning_tokens, other.reasoning_tokens),
            cost_usd=_cost(self.cost_usd, other.cost_usd),
            partial=self.partial or other.partial,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)


def _cost(one: float | None, other: float | None) -> float | None:
    return other if one is None else one + (other or 0.0)


def _more(sum_now: N | None, earlier: N | None) -> N | None:
    return None if sum_now is None else max(sum_now - (earlier or 0), 0)
