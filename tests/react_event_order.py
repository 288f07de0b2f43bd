"""The order in which the events of a ReAct task may come."""

from domain.events import AgentEvent
from domain.task_events import Error
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    MessageDelta,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    ThinkDelta,
    Thinking,
)
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream


class EventOrder:
    """Asserts with each event that it may come now."""

    def __init__(self) -> None:
        self.iterations = 0
        self.last_message: str | None = None
        self._is_iterating = False
        self._is_thinking = False
        self._calls = 0
        self._phases: set[tuple[str, str]] = set()
        self._completed: set[tuple[str, str]] = set()
        self._reasoning = ""
        self._deltas: dict[str, str] = {}
        """The text of the deltas of each message."""
        self._open: set[str] = set()
        self._ended: set[str] = set()

    @property
    def is_closed(self) -> bool:
        return not (self._is_iterating or self._is_thinking or self._open)

    def take(self, event: AgentEvent) -> None:
        match event:
            case IterationStart(iteration=number):
                assert self.is_closed and number == self.iterations + 1
                self.iterations, self._is_iterating, self._calls = number, True, 0
            case IterationComplete(iteration=number, tool_calls=calls):
                assert calls == self._calls
                assert self._is_iterating and number == self.iterations
                assert not self._is_thinking and not self._open
                self._is_iterating = False
            case Thinking(iteration=number):
                assert self._is_iterating and number == self.iterations and not self._is_thinking
                self._is_thinking, self._reasoning = True, ""
            case Error(phase="model") if self._is_thinking:
                self._reasoning = ""  # the thought starts again
            case ThinkDelta(text=text):
                assert self._is_thinking
                self._reasoning += text
            case ThinkComplete(reasoning=reasoning):
                assert self._is_thinking
                assert reasoning is None or reasoning == self._reasoning
                self._is_thinking = False
            case MessageDelta(message_id=message_id, text=text):
                assert self._is_thinking
                self._deltas[message_id] = self._deltas.get(message_id, "") + text
            case Message(content=text, message_id=message_id):
                assert self._is_iterating and not self._is_thinking
                assert self._deltas.pop(message_id, "") == text
                self.last_message = text
            case ToolCallStart(call_id=call_id):
                assert self._is_iterating and call_id not in self._open | self._ended
                self._open.add(call_id)
                self._calls += 1
            case ToolCallStream(call_id=call_id):
                assert call_id in self._open
            case ToolCallComplete(call_id=call_id):
                self._open.remove(call_id)
                self._ended.add(call_id)
            case PlanCreated():
                assert self._open
            case PhaseStart(phase_id=phase_id, phase_name=name):
                assert self._open and (phase_id, name) not in self._phases
                self._phases.add((phase_id, name))
            case PhaseComplete(phase_id=phase_id, phase_name=name):
                assert (phase_id, name) in self._phases - self._completed
                self._completed.add((phase_id, name))
            case _:
                assert self._is_iterating
