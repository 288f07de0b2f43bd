"""Reads a session's conversation out of its events, whichever agents took part in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.events import AgentEvent
from domain.ids import CallId, TaskId
from domain.task_events import TaskComplete, TaskQueued, TaskStarted
from domain.thinking_events import IterationComplete, IterationStart, Message, Role
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.event_log import StoredEvent

TOLD_IN = frozenset(
    {
        "task_queued",
        "task_started",
        "iteration_start",
        "iteration_complete",
        "message",
        "tool_call_start",
        "tool_call_complete",
        "task_complete",
    }
)
"""The types of event that a conversation is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidCall:
    call_id: CallId
    tool_name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message; with `role` tool it is what came of a call."""

    message_id: str
    role: Role
    content: str
    task_id: TaskId
    event: StoredEvent
    """Where it was said."""
    block: int
    """Reading on after this seq finds the message again, and all that belongs to it."""
    tool_calls: tuple[SaidCall, ...] = ()
    call_id: CallId | None = None

    @property
    def seq(self) -> int:
        return self.event.seq


@dataclass(slots=True)
class _Turn:
    """What one task is saying: the message that further calls belong to, and its last text."""

    speaker: int | None = None
    open_calls: set[str] = field(default_factory=set)
    is_iterating: bool = False
    last_text: str | None = None


class Conversation:
    """Fed with events in order; nothing of a block changes any more once the next has begun."""

    def __init__(self, *, after: int) -> None:
        self._block = after
        self._said: list[Said] = []
        self._turns: dict[TaskId, _Turn] = {}

    @property
    def said(self) -> Sequence[Said]:
        """In the order in which it was said."""
        return self._said

    @property
    def settled(self) -> int:
        """How many of the messages will stay as they are."""
        is_open = (at for at, one in enumerate(self._said) if one.block == self._block)
        return next(is_open, len(self._said))

    def take(self, stored: StoredEvent, event: AgentEvent) -> None:
        turn = self._turns.setdefault(stored.task_id, _Turn())
        match event:
            case TaskQueued(task=text):
                self._say(stored, "user", text)
            case TaskStarted():
                self._begin_block(stored)
            case IterationStart():
                self._begin_block(stored)
                self._turns[stored.task_id] = _Turn(is_iterating=True, last_text=turn.last_text)
            case IterationComplete():
                self._turns[stored.task_id] = _Turn(last_text=turn.last_text)
            case Message(role="assistant", parent_call_id=str()):
                pass  # said to the agent that asked, not in the conversation
            case Message(role="assistant", content=text, message_id=message_id):
                turn.speaker = self._say(stored, "assistant", text, message_id=message_id)
                turn.last_text = text
            case ToolCallStart():
                self._call(stored, event, turn)
            case ToolCallComplete():
                self._answer_call(stored, event, turn)
            case TaskComplete(final_answer=text) if text.strip() != (turn.last_text or "").strip():
                self._say(stored, "assistant", text)
            case _:
                pass

    def _begin_block(self, stored: StoredEvent) -> None:
        self._block = stored.seq - 1

    def _call(self, stored: StoredEvent, event: ToolCallStart, turn: _Turn) -> None:
        if turn.speaker is None:
            turn.speaker = self._say(stored, "assistant", "")
        call = SaidCall(
            call_id=CallId(event.call_id), tool_name=event.tool_name, arguments=event.arguments
        )
        speaker = self._said[turn.speaker]
        self._said[turn.speaker] = replace(speaker, tool_calls=(*speaker.tool_calls, call))
        turn.open_calls.add(event.call_id)

    def _answer_call(self, stored: StoredEvent, event: ToolCallComplete, turn: _Turn) -> None:
        self._say(stored, "tool", observed(event), call_id=CallId(event.call_id))
        turn.open_calls.discard(event.call_id)
        if not turn.open_calls and not turn.is_iterating:
            turn.speaker = None

    def _say(
        self,
        stored: StoredEvent,
        role: Role,
        content: str,
        *,
        message_id: str | None = None,
        call_id: CallId | None = None,
    ) -> int:
        self._said.append(
            Said(
                message_id=message_id or f"{stored.seq}-{stored.tag}",
                role=role,
                content=content,
                task_id=stored.task_id,
                event=stored,
                block=self._block,
                call_id=call_id,
            )
        )
        return len(self._said) - 1


CUT_NOTE = "\n[this is not all: the result was cut]"
UNKNOWN_OUTCOME = (
    "the server stopped while this call was carried out: it may have had its effect or not, "
    "look before doing it again"
)

NOT_MADE = (
    "the server stopped before this call was allowed: it was not carried out, ask for it again"
)
UNANSWERED = "the server stopped before this was answered: ask it again, if it still matters"


def observed(event: ToolCallComplete) -> str:
    """What the model was told of the call."""
    if event.error is not None:
        return f"Error: {event.error}"
    return event.result + CUT_NOTE * bool(event.truncated)
