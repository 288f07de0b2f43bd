"""How much a task may use; what it has used is in its run's ledger."""

from dataclasses import dataclass
from typing import TypeVar

from domain.json_values import require_finite

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None means no limit of this kind."""

    timeout_s: float | None = None
    idle_s: float | None = None
    iterations: int | None = None
    tool_calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    output_bytes: int | None = None

    def __post_init__(self) -> None:
        require_finite((self.timeout_s, self.idle_s, self.usd))

    def within(self, outer: "Limits") -> "Limits":
        """These limits, completed by those of an agent's profile."""
        return Limits(
            timeout_s=_first(self.timeout_s, outer.timeout_s),
            idle_s=_first(self.idle_s, outer.idle_s),
            iterations=_first(self.iterations, outer.iterations),
            tool_calls=_first(self.tool_calls, outer.tool_calls),
            tokens=_first(self.tokens, outer.tokens),
            usd=_first(self.usd, outer.usd),
            output_bytes=_first(self.output_bytes, outer.output_bytes),
        )


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one
