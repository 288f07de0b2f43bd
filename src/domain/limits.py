"""How much a task may use, and what it has used so far."""

from dataclasses import dataclass, field, replace
from typing import TypeVar

from domain.events import AgentEvent
from domain.finite import require_finite
from domain.process_events import Log
from domain.task_events import FailureReason
from domain.thinking_events import IterationStart, TokenUsage
from domain.tool_events import ToolCallStart, ToolCallStream
from domain.usage import Usage

T = TypeVar("T")

_STORED_BESIDE = 320
"""About how many bytes the log takes for a piece of output besides its text."""


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
        """These limits, with those of an agent's profile where this one says nothing."""
        return Limits(
            timeout_s=_first(self.timeout_s, outer.timeout_s),
            idle_s=_first(self.idle_s, outer.idle_s),
            iterations=_first(self.iterations, outer.iterations),
            tool_calls=_first(self.tool_calls, outer.tool_calls),
            tokens=_first(self.tokens, outer.tokens),
            usd=_first(self.usd, outer.usd),
            output_bytes=_first(self.output_bytes, outer.output_bytes),
        )


@dataclass(slots=True)
class Spent:
    """A running count over the events of one attempt."""

    iterations: int = 0
    tool_calls: int = 0
    output_bytes: int = 0
    outputs: int = 0
    """How many lines and pieces the output came in."""
    usage: Usage = field(default_factory=Usage)

    def count(self, event: AgentEvent) -> None:
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
            # The last word holds: a sum at the end may make up for what was left out before.
            self.usage = replace(self.usage.plus(_usage_of(event)), partial=event.partial)

    def exceeded(self, limits: Limits, *, most_stored: int | None = None) -> FailureReason | None:
        """The name of the first limit that is passed, or None.

        `most_stored` is how much the log may take for output that has no limit of its own.
        """
        if _over(self.iterations, limits.iterations):
            return "limit.iterations"
        if _over(self.tool_calls, limits.tool_calls):
            return "limit.tool_calls"
        if _over(self.usage.total_tokens, limits.tokens):
            return "limit.tokens"
        if _over(self.usage.cost_usd or 0.0, limits.usd):
            return "limit.usd"
        if _over(self.output_bytes, limits.output_bytes):
            return "limit.output"
        stored = self.output_bytes + self.outputs * _STORED_BESIDE
        if _over(stored, most_stored):
            return "limit.output"
        return None


def over_limit(reason: FailureReason) -> str:
    return f"the task went over its limit of {reason.removeprefix('limit.')}"


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


def _over(spent: float, limit: float | None) -> bool:
    return limit is not None and spent > limit


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one
