"""What an agent has used, counted once in whichever sums it is reported."""

from collections.abc import Iterator
from dataclasses import replace

from adapters.acp.json_message import JsonObject
from adapters.acp.reported_usage import amount, dollars, usage_of, usage_of_turn
from domain.thinking_events import TokenUsage
from domain.usage import Usage

_REPORTS_ITS_LAST_CALL = frozenset({"OpenCode"})
"""Agents whose usage of a turn is that of its last model call alone."""
_COUNTS_BY_PROCESS = frozenset({"@agentclientprotocol/claude-agent-acp"})
"""Agents whose cost does not hold that of a conversation which they go on with."""


class UsageCount:
    """An agent reports each call, or how full its context is, or at the end what its turn used."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.agent = ""
        self._before_usd = 0.0
        self._whole_usd: float | None = None
        self._calls = Usage()
        self._counted = Usage()

    @property
    def is_reported(self) -> bool:
        return self._counted != Usage()

    @property
    def whole_usd(self) -> float | None:
        """What the conversation has cost with all its turns, where the agent counts so."""
        return None if self.agent in _COUNTS_BY_PROCESS else self._whole_usd

    def goes_on_from(self, cost_usd: float) -> None:
        """Earlier turns of the conversation have cost this."""
        self._before_usd = 0.0 if self.agent in _COUNTS_BY_PROCESS else cost_usd

    def take(self, update: JsonObject) -> Iterator[TokenUsage]:
        """What the context has grown by was read, at least; a price is the sum so far."""
        whole = dollars(update.get("cost"))
        cost = None
        if whole is not None:
            self._whole_usd = whole
            # An agent that has begun to count anew is below what it said before.
            cost = whole - self._before_usd if whole >= self._before_usd else whole
        used = Usage(input_tokens=amount(update.get("used")) or 0, cost_usd=cost)
        yield from self._reach(used, partial=self._calls == Usage())

    def call(self, usage: JsonObject) -> Iterator[TokenUsage]:
        """One model call, in the words of a turn's sums."""
        self._calls = self._calls.plus(usage_of(usage))
        yield from self._reach(self._calls, partial=False)

    def end(self, answer: JsonObject) -> Iterator[TokenUsage]:
        """The turn's own sums, in the answer to its prompt; what is not counted yet is emitted."""
        reached = Usage()
        for model, used in usage_of_turn(answer):
            reached = reached.plus(used)
            is_partial = self.agent in _REPORTS_ITS_LAST_CALL
            yield from self._reach(reached, partial=is_partial, model=model)

    def _reach(self, reached: Usage, *, partial: bool, model: str = "") -> Iterator[TokenUsage]:
        new = reached.minus(self._counted)
        is_new = new.input_tokens or new.output_tokens or new.cost_usd
        is_made_whole = self._counted.partial is True and not partial and reached.total_tokens > 0
        if not is_new and not is_made_whole:
            return
        self._counted = replace(self._counted.plus(new), partial=partial or None)
        yield TokenUsage(
            model=model or self.model,
            input_tokens=new.input_tokens,
            output_tokens=new.output_tokens,
            cached_input_tokens=new.cached_input_tokens,
            reasoning_tokens=new.reasoning_tokens,
            cost_usd=new.cost_usd,
            total_tokens=self._counted.total_tokens,
            total_cost_usd=self._counted.cost_usd,
            partial=partial or None,
        )
