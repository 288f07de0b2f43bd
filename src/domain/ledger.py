"""What one run has used of its task's limits, and which limit ends it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from domain.events import AgentEvent
from domain.limits import Limits
from domain.process_events import Log
from domain.task_events import Error, FailureReason
from domain.thinking_events import IterationStart, TokenUsage
from domain.tool_events import ToolCallStart, ToolCallStream
from domain.usage import Usage

_STORED_BESIDE = 320
"""About how many bytes the log takes for a piece of output besides its text."""


@dataclass(slots=True)
class Ledger:
    """The one account of a run: every event is recorded once, and every limit is judged here.

    Except for the deadlines, which need a clock; and a ReAct agent does not begin an iteration or
    a call above its limits. A run that continues an earlier attempt starts with the account of it.
    """

    limits: Limits = field(default_factory=Limits)
    most_stored: int | None = None
    """How many bytes the log may take for output that has no limit of its own."""
    iterations: int = 0
    tool_calls: int = 0
    output_bytes: int = 0
    outputs: int = 0
    """How many lines and pieces the output came in."""
    usage: Usage = field(default_factory=Usage)
    _is_price_missing: bool = False
    _is_part_missing: bool = False

    def record(self, event: AgentEvent) -> None:
        if isinstance(event, Log):
            self.outputs += 1
            self.output_bytes += _size(event.line)
        elif isinstance(event, ToolCallStream):
            self.outputs += 1
            self.output_bytes += _size(event.chunk)
        elif isinstance(event, IterationStart):
            self.iterations += 1
        elif isinstance(event, ToolCallStart):
            self.tool_calls += 1
        elif isinstance(event, TokenUsage):
            # The last report counts: a sum at the end may make up for what was left out before.
            self.usage = replace(self.usage.plus(_usage_of(event)), partial=event.partial)

    @property
    def passed(self) -> FailureReason | None:
        """The first limit that is passed, in the order below; reaching a limit is allowed."""
        limits = self.limits
        if _over(self.iterations, limits.iterations):
            return "limit.iterations"
        if _over(self.tool_calls, limits.tool_calls):
            return "limit.tool_calls"
        if _over(self.usage.total_tokens, limits.tokens):
            return "limit.tokens"
        if _over(self.usage.cost_usd or 0.0, limits.usd):
            return "limit.usd"
        if self.is_too_much_output(self.output_bytes):
            return "limit.output"
        if _over(self.output_bytes + self.outputs * _STORED_BESIDE, self.most_stored):
            return "limit.output"
        return None

    @property
    def tool_calls_left(self) -> int | None:
        """None without a limit."""
        most = self.limits.tool_calls
        return None if most is None else max(0, most - self.tool_calls)

    def is_too_much_output(self, size: int) -> bool:
        """Whether this many bytes pass the limit of output."""
        return _over(size, self.limits.output_bytes)

    def usage_event(self, model: str, used: Usage) -> TokenUsage:
        """The event of one model call, with the totals that emitting it leads to."""
        # A server's own total may count otherwise; the task's is the sum of what is shown.
        used = replace(used, total_tokens=used.input_tokens + used.output_tokens)
        total = self.usage.plus(used)
        return TokenUsage(
            model=model,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            cached_input_tokens=used.cached_input_tokens,
            reasoning_tokens=used.reasoning_tokens,
            cost_usd=used.cost_usd,
            total_tokens=total.total_tokens,
            total_cost_usd=total.cost_usd,
        )

    def uncounted(self, event: TokenUsage, *, kind: str) -> Iterator[Error]:
        """An error for each limit that what the agent reports does not count towards, once each.

        `kind` is that of the agent: in the Agent Client Protocol a total cost covers reports that
        follow it without a cost of their own.
        """
        if self.limits.tokens is not None and event.partial and not self._is_part_missing:
            self._is_part_missing = True
            yield _uncounted(
                "the agent does not report all the tokens that it uses as it works, "
                "so that limits.tokens counts a part of them"
            )
        if self.limits.usd is None or self._is_price_missing:
            return
        is_summed = kind == "acp" and event.total_cost_usd is not None
        if event.cost_usd is None and not is_summed:
            self._is_price_missing = True
            yield _uncounted(
                f"the price of {event.model} is not known, so that limits.usd cannot be kept"
            )


def over_limit(reason: FailureReason) -> str:
    """The error of a task that a limit has ended."""
    return f"the task went over its limit of {reason.removeprefix('limit.')}"


def _uncounted(message: str) -> Error:
    return Error(message=message, phase="limits", recoverable=True)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _usage_of(event: TokenUsage) -> Usage:
    return Usage(
        input_tokens=event.input_tokens,
        output_tokens=event.output_tokens,
        total_tokens=event.input_tokens + event.output_tokens,
        cached_input_tokens=event.cached_input_tokens,
        reasoning_tokens=event.reasoning_tokens,
        cost_usd=event.cost_usd,
    )


def _over(used: float, limit: float | None) -> bool:
    return limit is not None and used > limit
