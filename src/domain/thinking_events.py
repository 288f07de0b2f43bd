"""Events of an agent that thinks aloud: plans, iterations, thoughts, messages, cost."""

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
    """0 where the agent does not say how many it would make at most."""


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
    """A piece of reasoning; what is said streams as `message_delta`."""

    iteration: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkComplete:
    """One thought, whole: what was said in it, and the reasoning before.

    Of an agent whose reasoning comes by itself both are that.
    """

    iteration: int
    content: str
    tool_call_count: int
    reasoning: str | None = None
    """All that `think_delta` gave of it; None where the agent did not reason aloud."""
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
            " it is what is told here or more."
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
