"""Events of what a model does: plans, iterations, reasoning, messages, cost."""

from dataclasses import dataclass, field
from typing import Literal

from domain.json_values import require_finite
from domain.usage import usd

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    id: str
    name: str
    status: Literal["pending", "in_progress", "completed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCreated:
    goal: str
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStart:
    phase_id: str
    phase_name: str
    phase_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseComplete:
    phase_id: str
    phase_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationStart:
    iteration: int
    max_iterations: int
    """0 if the agent does not report its maximum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationComplete:
    iteration: int
    tool_calls: int
    tokens_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    iteration: int
    message_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkDelta:
    """A piece of reasoning; the text of messages streams as `message_delta`."""

    iteration: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkComplete:
    """One whole answer of a model: its text, and the reasoning before it.

    An agent that reports its reasoning as an event of its own has it in both fields.
    """

    iteration: int
    content: str
    tool_call_count: int
    reasoning: str | None = None
    """What `think_delta` streamed of it; None if the agent showed no reasoning."""
    parent_call_id: str | None = None
    """The call that a sub-agent carries out whose thought this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelta:
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    message_id: str
    role: Role
    content: str
    parent_call_id: str | None = None
    """The call that a sub-agent carries out whose words these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """One model call's tokens, and the running totals of the task."""

    model: str
    input_tokens: int
    output_tokens: int
    total_tokens: int = field(
        metadata={
            "description": "The running total of the task, this call included; the other numbers of"
            " tokens are of this call alone."
        }
    )
    cached_input_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    total_cost_usd: float | None = field(
        default=None, metadata={"description": "The running total of the task, as far as known."}
    )
    partial: bool | None = field(
        default=None,
        metadata={
            "description": "True where the agent has not reported all that it has used so far:"
            " this is a lower bound."
        },
    )

    def __post_init__(self) -> None:
        require_finite(self.cost_usd)
        require_finite(self.total_cost_usd)
        object.__setattr__(self, "cost_usd", usd(self.cost_usd))
        object.__setattr__(self, "total_cost_usd", usd(self.total_cost_usd))


ThinkingEvent = (
    PlanCreated
    | PhaseStart
    | PhaseComplete
    | IterationStart
    | IterationComplete
    | Thinking
    | ThinkDelta
    | ThinkComplete
    | MessageDelta
    | Message
    | TokenUsage
)
