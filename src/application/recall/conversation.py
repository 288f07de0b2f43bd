"""The conversation of a session, read from its events, whichever agents took part in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.events import AgentEvent
from domain.ids import CallId, TaskId
from domain.task_events import TaskComplete, TaskQueued, TaskStarted
from domain.thinking_events import IterationComplete, IterationStart, Message, Role
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.event_log import StoredEvent

CONVERSATION_EVENTS = frozenset(
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
class MessageCall:
    call_id: CallId
    tool_name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationMessage:
    """One message; with the role `tool` it is the result of a call."""

    message_id: str
    role: Role
    content: str
    task_id: TaskId
    event: StoredEvent
    """The event that the message begins with."""
    block: int
    """The seq after which to read again to get the whole message, with all of its calls."""
    tool_calls: tuple[MessageCall, ...] = ()
    call_id: CallId | None = None

    @property
    def seq(self) -> int:
        return self.event.seq


@dataclass(slots=True)
class _Turn:
    """The state of one task: the message that further calls belong to, and its last text."""

    message_at: int | None = None
    open_calls: set[str] = field(default_factory=set)
    is_iterating: bool = False
    last_text: str | None = None


class Conversation:
    """Takes events in order. The messages of a block are final once the next block has begun."""

    def __init__(self, *, after: int) -> None:
        self._block = after
        self._messages: list[ConversationMessage] = []
        self._turns: dict[TaskId, _Turn] = {}

    @property
    def messages(self) -> Sequence[ConversationMessage]:
        """In the order of their first events."""
        return self._messages

    @property
    def settled(self) -> int:
        """How many of the messages are final."""
        is_open = (at for at, one in enumerate(self._messages) if one.block == self._block)
        return next(is_open, len(self._messages))

    def take(self, stored: StoredEvent, event: AgentEvent) -> None:
        turn = self._turns.setdefault(stored.task_id, _Turn())
        match event:
            case TaskQueued(task=text):
                self._add(stored, "user", text)
            case TaskStarted():
                self._begin_block(stored)
            case IterationStart():
                self._begin_block(stored)
                self._turns[stored.task_id] = _Turn(is_iterating=True, last_text=turn.last_text)
            case IterationComplete():
                self._turns[stored.task_id] = _Turn(last_text=turn.last_text)
            case Message(role="assistant", parent_call_id=str()):
                pass  # a subagent's message to the agent that called it
            case Message(role="assistant", content=text, message_id=message_id):
                turn.message_at = self._add(stored, "assistant", text, message_id=message_id)
                turn.last_text = text
            case ToolCallStart():
                self._call(stored, event, turn)
            case ToolCallComplete():
                self._answer_call(stored, event, turn)
            case TaskComplete(final_answer=text) if text.strip() != (turn.last_text or "").strip():
                self._add(stored, "assistant", text)
            case _:
                pass

    def _begin_block(self, stored: StoredEvent) -> None:
        self._block = stored.seq - 1

    def _call(self, stored: StoredEvent, event: ToolCallStart, turn: _Turn) -> None:
        if turn.message_at is None:
            turn.message_at = self._add(stored, "assistant", "")
        call = MessageCall(
            call_id=CallId(event.call_id), tool_name=event.tool_name, arguments=event.arguments
        )
        message = self._messages[turn.message_at]
        self._messages[turn.message_at] = replace(message, tool_calls=(*message.tool_calls, call))
        turn.open_calls.add(event.call_id)

    def _answer_call(self, stored: StoredEvent, event: ToolCallComplete, turn: _Turn) -> None:
        self._add(stored, "tool", observation(event), call_id=CallId(event.call_id))
        turn.open_calls.discard(event.call_id)
        if not turn.open_calls and not turn.is_iterating:
            turn.message_at = None

    def _add(
        self,
        stored: StoredEvent,
        role: Role,
        content: str,
        *,
        message_id: str | None = None,
        call_id: CallId | None = None,
    ) -> int:
        self._messages.append(
            ConversationMessage(
                message_id=message_id or f"{stored.seq}-{stored.tag}",
                role=role,
                content=content,
                task_id=stored.task_id,
                event=stored,
                block=self._block,
                call_id=call_id,
            )
        )
        return len(self._messages) - 1


CUT_NOTE = "\n[this is not all: the result was cut]"
UNKNOWN_OUTCOME = (
    "the server stopped while this call was carried out: it may have had its effect or not, "
    "look before doing it again"
)

NOT_MADE = (
    "the server stopped before this call was allowed: it was not carried out, ask for it again"
)
UNANSWERED = "the server stopped before this was answered: ask it again, if it still matters"


def observation(event: ToolCallComplete) -> str:
    """The result of a call as its model got it."""
    if event.error is not None:
        return f"Error: {event.error}"
    return event.result + CUT_NOTE * bool(event.truncated)
