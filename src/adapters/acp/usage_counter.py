"""Counts the usage of an agent once, however often and in whatever totals it is reported."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapters.acp.messages import JsonObject, json_list, json_object, json_text
from domain.thinking_events import TokenUsage
from domain.usage import Usage

_REPORTS_LAST_CALL = frozenset({"OpenCode"})
"""Agents that report only the last model call as the usage of a turn."""
_COUNTS_PER_PROCESS = frozenset({"@agentclientprotocol/claude-agent-acp"})
"""Agents whose cost excludes earlier turns of a resumed conversation."""


def usage_of(reported: JsonObject) -> Usage:
    """Whether input includes cached and output includes reasoning tokens follows from the total."""
    given, written = _amount(reported, "inputTokens"), _amount(reported, "outputTokens")
    cached = _amount(reported, "cachedReadTokens") + _amount(reported, "cachedWriteTokens")
    thought = _amount(reported, "thoughtTokens")
    beside = _amount(reported, "totalTokens") - given - written
    if cached and beside in (cached, cached + thought):
        given, beside = given + cached, beside - cached
    if thought and beside == thought:
        written += thought
    return Usage(
        input_tokens=given,
        output_tokens=written,
        total_tokens=given + written,
        cached_input_tokens=amount(reported.get("cachedReadTokens")),
        reasoning_tokens=amount(reported.get("thoughtTokens")),
    )


def usage_of_turn(answer: JsonObject) -> Sequence[tuple[str, Usage]]:
    """Usage by model name, which is empty for a single total. Empty if not reported.

    Gemini CLI has a format of its own.
    """
    match answer:
        case {"usage": dict(usage)}:
            return [("", usage_of(usage))]
        case {"_meta": {"quota": dict(quota)}}:
            named = [json_object(item) for item in json_list(quota.get("model_usage"))]
            return [(json_text(each.get("model")), _of_quota(each)) for each in named or [quota]]
        case _:
            return []


def amount(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count and isinstance(value, int) else None


def dollars(cost: object) -> float | None:
    match cost:
        case {"amount": int() | float() as sum_, "currency": "USD"} if sum_ >= 0:
            return float(sum_)
        case _:
            return None


def _of_quota(reported: JsonObject) -> Usage:
    sums = json_object(reported.get("token_count"))
    given, written = _amount(sums, "input_tokens"), _amount(sums, "output_tokens")
    return Usage(input_tokens=given, output_tokens=written, total_tokens=given + written)


def _amount(reported: JsonObject, name: str) -> int:
    return amount(reported.get(name)) or 0


class UsageCounter:
    """Agents report each call, or the size of the context, or the usage of the turn at its end."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.agent = ""
        self._before_usd = 0.0
        self._conversation_usd: float | None = None
        self._calls = Usage()
        self._counted = Usage()

    @property
    def is_reported(self) -> bool:
        return self._counted != Usage()

    @property
    def conversation_usd(self) -> float | None:
        """The cost of the conversation with all its turns, if the agent reports that."""
        return None if self.agent in _COUNTS_PER_PROCESS else self._conversation_usd

    def resume_from(self, cost_usd: float) -> None:
        """Set the cost of earlier turns of the conversation."""
        self._before_usd = 0.0 if self.agent in _COUNTS_PER_PROCESS else cost_usd

    def context_update(self, update: JsonObject) -> Iterator[TokenUsage]:
        """The growth of the context is a lower bound of the input; a cost is the total so far."""
        total = dollars(update.get("cost"))
        cost = None
        if total is not None:
            self._conversation_usd = total
            # A smaller total than before means that the agent started counting again.
            cost = total - self._before_usd if total >= self._before_usd else total
        used = Usage(input_tokens=amount(update.get("used")) or 0, cost_usd=cost)
        yield from self._raise_to(used, partial=self._calls == Usage())

    def call(self, usage: JsonObject) -> Iterator[TokenUsage]:
        """The usage of one model call."""
        self._calls = self._calls.plus(usage_of(usage))
        yield from self._raise_to(self._calls, partial=False)

    def end(self, answer: JsonObject) -> Iterator[TokenUsage]:
        """The usage of the turn in the answer to its prompt; only what is not counted yet is emitted."""
        reached = Usage()
        for model, used in usage_of_turn(answer):
            reached = reached.plus(used)
            is_partial = self.agent in _REPORTS_LAST_CALL
            yield from self._raise_to(reached, partial=is_partial, model=model)

    def _raise_to(self, reached: Usage, *, partial: bool, model: str = "") -> Iterator[TokenUsage]:
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
