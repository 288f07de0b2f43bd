"""The cost of a model's tokens."""

from typing import Protocol

from domain.usage import Usage


class PriceList(Protocol):
    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        """In US dollars; None, never 0, for an unknown price. Deterministic, without network."""
