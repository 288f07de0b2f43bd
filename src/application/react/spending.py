"""What the model calls of a task use, emitted with each of them and held against its limits."""

from dataclasses import replace

from domain.limits import Spent, over_limit
from domain.thinking_events import TokenUsage
from domain.usage import Usage
from ports.language_model import ModelUsage
from ports.runner import Failed, RunContext


class Spending:
    def __init__(self, context: RunContext, *, before: Usage) -> None:
        """`before` is what earlier attempts have used."""
        self._context = context
        self.usage = before

    async def count(self, reported: ModelUsage) -> None:
        used = reported.usage
        # A server's own total may count otherwise; the task's is the sum of what is shown.
        used = replace(used, total_tokens=used.input_tokens + used.output_tokens)
        self.usage = self.usage.plus(used)
        await self._context.emit(
            TokenUsage(
                model=reported.model,
                input_tokens=used.input_tokens,
                output_tokens=used.output_tokens,
                cached_input_tokens=used.cached_input_tokens,
                reasoning_tokens=used.reasoning_tokens,
                cost_usd=used.cost_usd,
                total_tokens=self.usage.total_tokens,
                total_cost_usd=self.usage.cost_usd,
            )
        )

    def failure(self) -> Failed | None:
        """By the name of the limit that is passed, if one is."""
        if (reason := Spent(usage=self.usage).exceeded(self._context.limits)) is None:
            return None
        return Failed(error=over_limit(reason), reason=reason)
