"""What the tokens of a model cost."""

from typing import Protocol

from domain.usage import Usage


class PriceList(Protocol):
    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        """In US dollars; None where a price is not known, never 0 for want of one.

        Asks nobody: the answer comes at once, and the same figures give the same answer.
        """
