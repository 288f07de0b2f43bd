"""The state that earlier attempts at a task left behind, read from their events."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from application.recall.conversation import NOT_MADE, UNANSWERED, UNKNOWN_OUTCOME
from application.recall.plan import PlanEvent
from domain.approval import POLICY, ApprovalDecision, StoredApproval
from domain.events import AgentEvent
from domain.ledger import Ledger
from domain.task_events import TaskAnalysis, TaskPaused, TaskResumed
from domain.task_input import Reply
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    Thinking,
)
from domain.tool_events import (
    ApprovalRequired,
    ApprovalResolved,
    InputReceived,
    InputRequired,
    ToolCallComplete,
    ToolCallStart,
    ToolStatus,
)

ATTEMPT_EVENTS = frozenset(
    {
        "task_analysis",
        "task_paused",
        "task_resumed",
        "iteration_start",
        "iteration_complete",
        "thinking",
        "think_complete",
        "message",
        "token_usage",
        "tool_call_start",
        "tool_call_complete",
        "plan_created",
        "phase_start",
        "phase_complete",
        "approval_required",
        "approval_resolved",
        "input_required",
        "input_received",
    }
)
"""The types of event that this state is read from."""

RESUMED_KINDS = frozenset({"react"})
"""The kinds of agents that can continue where an earlier attempt ended."""

_EXPIRED = ApprovalDecision(decision="expired", by=POLICY)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    start: ToolCallStart
    question: StoredApproval | None
    """The approval that the call waits for; None where its tool asked a person a question."""


@dataclass(slots=True)
class PriorAttempts:
    has_begun: bool = False
    last_seq: int = 0
    iterations: int = 0
    is_iterating: bool = False
    is_thinking: bool = False
    is_paused: bool = False
    tool_calls: int = 0
    """Of the iteration that is not complete."""
    tokens_before: int = 0
    """The tokens used before that iteration."""
    ledger: Ledger = field(default_factory=Ledger)
    """What the attempts have used, without limits."""
    open_calls: dict[str, ToolCallStart] = field(default_factory=dict)
    """The calls that were in flight, by call id."""
    withheld: set[str] = field(default_factory=set)
    """The ids of the calls for which approval was required, and not given."""
    questions: set[str] = field(default_factory=set)
    """The ids of the approvals without an answer."""
    waiting: WaitingCall | None = None
    """The call whose question is still open in the store: this attempt waits for its answer."""
    decisions: dict[str, ApprovalDecision] = field(default_factory=dict)
    """The answers to approvals that the store has, by approval id."""
    is_asking: bool = False
    """A question to a person had no answer."""
    has_asked: bool = False
    """A person was asked at least once."""
    asking_call: str = ""
    """The last call that asked a person."""
    reply: Reply | None = None
    """The answer to that call."""
    plan: list[PlanEvent] = field(default_factory=list)
    """The events of plans, in order."""
    answer: str | None = None
    """The last message of the agent, if it called no tool after it."""
    _calls_asked_for: int = 0
    _call_of: dict[str, str] = field(default_factory=dict)

    def take(self, event: AgentEvent) -> None:
        self.ledger.record(event)
        match event:
            case TaskAnalysis():
                self.has_begun = True
            case TaskPaused():
                self.is_paused = True
            case TaskResumed():
                self.is_paused = False
            case IterationStart(iteration=number):
                self.iterations, self.is_iterating, self.tool_calls = number, True, 0
                self.tokens_before, self.answer = self.ledger.usage.total_tokens, None
            case IterationComplete():
                self.is_iterating = False
            case Thinking():
                self.is_thinking = True
            case ThinkComplete(tool_call_count=count):
                self.is_thinking, self._calls_asked_for = False, count
            case Message(content=text) if self._calls_asked_for == 0 and not self.is_thinking:
                self.answer = text
            case ToolCallStart(call_id=call_id):
                self.tool_calls += 1
                self.open_calls[call_id] = event
            case PlanCreated() | PhaseStart() | PhaseComplete():
                self.plan.append(event)
            case ApprovalRequired(approval_id=approval_id, call_id=call_id):
                self.questions.add(approval_id)
                self.withheld.add(call_id)
                self._call_of[approval_id] = call_id
            case ApprovalResolved(approval_id=approval_id, decision=decision):
                self.questions.discard(approval_id)
                if decision == "approved":
                    self.withheld.discard(self._call_of.get(approval_id, ""))
            case InputRequired():
                self.is_asking = self.has_asked = True
            case InputReceived():
                self.is_asking = False
            case ToolCallComplete(call_id=call_id):
                self.open_calls.pop(call_id, None)
            case _:
                pass

    def call_asked_of(self, approval_id: str) -> ToolCallStart | None:
        return self.open_calls.get(self._call_of.get(approval_id, ""))

    def endings(self) -> Sequence[AgentEvent]:
        """The end events that are missing, in the order in which they would have been emitted.

        Without those of a call that still waits, and of its iteration.
        """
        ends: list[AgentEvent] = []
        if self.is_thinking:
            ends.append(ThinkComplete(iteration=self.iterations, content="", tool_call_count=0))
        question = self.waiting.question if self.waiting else None
        kept = question.approval_id if question else None
        ends += [self._resolved(each) for each in sorted(self.questions) if each != kept]
        if self.is_asking and self.reply is not None:
            ends.append(InputReceived(kind="message", by=self.reply.by))
        ends += self.lost_calls()
        if self.is_iterating and not self.waiting:
            ends.append(self.end_of_iteration())
        return ends

    def end_of_iteration(self) -> IterationComplete:
        used = self.ledger.usage.total_tokens - self.tokens_before
        return IterationComplete(
            iteration=self.iterations, tool_calls=self.tool_calls, tokens_used=used
        )

    def lost_calls(self) -> Sequence[ToolCallComplete]:
        """The complete events of the calls that were in flight."""
        kept = self.waiting.start if self.waiting else None
        return [self._lost(call) for call in self.open_calls.values() if call is not kept]

    def _resolved(self, approval_id: str) -> ApprovalResolved:
        given = self.decisions.get(approval_id, _EXPIRED)
        return ApprovalResolved(
            approval_id=approval_id, decision=given.decision, by=given.by, reason=given.reason
        )

    def _lost(self, call: ToolCallStart) -> ToolCallComplete:
        status, result, error = self._outcome(call.call_id)
        return ToolCallComplete(
            call_id=call.call_id,
            tool_name=call.tool_name,
            status=status,
            result=result,
            error=error,
            duration_ms=0,
        )

    def _outcome(self, call_id: str) -> tuple[ToolStatus, str, str | None]:
        if call_id in self.withheld:
            return "error", "", NOT_MADE
        if call_id != self.asking_call:
            return "outcome_unknown", "", UNKNOWN_OUTCOME
        if self.reply is None:
            return "error", "", UNANSWERED
        return "ok", self.reply.text, None
