"""The conversation that an agent starts a task with: its session, and its own earlier attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.asking.fingerprint import canonical_json
from application.recall.conversation import (
    CONVERSATION_EVENTS,
    UNKNOWN_OUTCOME,
    Conversation,
    ConversationMessage,
    MessageCall,
    observation,
)
from application.recall.prior_answers import PriorAnswers
from application.recall.prior_attempts import ATTEMPT_EVENTS, PriorAttempts
from application.recall.session_origins import PastSession, SessionOrigins
from domain.ids import TaskId
from domain.task import Task
from ports.event_codec import EventCodec
from ports.event_log import EventLog
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    ToolCall,
    ToolMessage,
    UserMessage,
)

_READ_EVENTS = 500
_MOST_EVENTS = 20_000  # of the end of the session; older events are not read
_NO_ANSWER = "[This task ended without an answer.]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    earlier: Sequence[ModelMessage]
    """The messages of the session's tasks before this one, and of those that it was forked from."""
    own: Sequence[ModelMessage]
    """The messages of earlier attempts at this task, without the task itself."""
    past: PriorAttempts


class SessionMemory:
    def __init__(
        self,
        *,
        log: EventLog,
        codec: EventCodec,
        origins: SessionOrigins,
        answers: PriorAnswers,
    ) -> None:
        self._log = log
        self._codec = codec
        self._origins = origins
        self._answers = answers

    async def of(self, task: Task) -> Memory:
        past = PriorAttempts()
        conversation = await self._read(task, past)
        await self._answers.recall(task, past)
        tasks = _by_task(conversation)
        own = tasks.pop(task.task_id, [])
        before = [*await self._inherited(task), *tasks.values()]
        return Memory(
            earlier=[message for messages in before for message in _earlier(messages, task)],
            own=_resumed(own, past),
            past=past,
        )

    async def past_of(self, task: Task) -> PriorAttempts:
        """The earlier attempts alone."""
        past = PriorAttempts()
        await self._read(task, past, after=task.first_seq - 1)
        return past

    async def _inherited(self, task: Task) -> Sequence[Sequence[ConversationMessage]]:
        inherited: list[Sequence[ConversationMessage]] = []
        for origin in await self._origins.of(task.principal, task.session_id):
            inherited += _by_task(await self._read_origin(origin)).values()
        return inherited

    async def _read_origin(self, origin: PastSession) -> Conversation:
        at = max(0, origin.last_seq - _MOST_EVENTS)
        conversation = Conversation(after=at)
        while at < origin.last_seq:
            most = min(_READ_EVENTS, origin.last_seq - at)
            events = await self._log.read(origin.session_key, after=at, limit=most)
            for stored in events:
                if (
                    stored.body
                    and stored.event_type in CONVERSATION_EVENTS
                    and stored.seq <= origin.last_seq
                ):
                    conversation.take(stored, self._codec.decode(stored))
            at = events[-1].seq if events else origin.last_seq
        return conversation

    async def _read(
        self, task: Task, past: PriorAttempts, *, after: int | None = None
    ) -> Conversation:
        at = await self._beginning(task) if after is None else max(after, 0)
        conversation = Conversation(after=at)
        while events := await self._log.read(task.session_key, after=at, limit=_READ_EVENTS):
            for stored in events:
                if stored.task_id == task.task_id:
                    past.last_seq = stored.seq
                is_own = stored.task_id == task.task_id and stored.event_type in ATTEMPT_EVENTS
                if not stored.body or not (is_own or stored.event_type in CONVERSATION_EVENTS):
                    continue
                event = self._codec.decode(stored)
                conversation.take(stored, event)
                if is_own:
                    past.take(event)
            at = events[-1].seq
        return conversation

    async def _beginning(self, task: Task) -> int:
        bounds = await self._log.bounds(task.session_key)
        last_seq = bounds.last_seq if bounds else 0
        return max(0, min(task.first_seq - 1, last_seq - _MOST_EVENTS))


def _by_task(conversation: Conversation) -> dict[TaskId, list[ConversationMessage]]:
    tasks: dict[TaskId, list[ConversationMessage]] = {}
    for message in conversation.messages:
        tasks.setdefault(message.task_id, []).append(message)
    return tasks


def _resumed(own: Sequence[ConversationMessage], past: PriorAttempts) -> Sequence[ModelMessage]:
    """Without a last message whose calls were never started: the model is asked again."""
    messages = _messages(own[1:], with_calls=True, instead=_later_results(past))
    is_void = past.answer is None and bool(messages) and isinstance(messages[-1], AssistantMessage)
    return messages[:-1] if is_void else messages


def _later_results(past: PriorAttempts) -> Mapping[str, str]:
    """By call id, the results of calls that ended after their attempt, or without a result in it."""
    results: dict[str, str] = {end.call_id: observation(end) for end in past.lost_calls()}
    if past.reply is not None:
        results[past.asking_call] = past.reply.text
    return results


def _earlier(messages: Sequence[ConversationMessage], task: Task) -> Sequence[ModelMessage]:
    """Empty for a task that has yet to begin, or whose beginning was not read."""
    asked, *rest = messages
    if asked.role != "user" or not rest:
        return ()
    # Another agent's tools are not this one's: their results would only confuse it.
    answers = _messages(rest, with_calls=asked.event.agent == task.agent)
    is_answered = bool(answers) and isinstance(answers[-1], AssistantMessage)
    ending = () if is_answered else (AssistantMessage(content=_NO_ANSWER),)
    return (UserMessage(content=asked.content), *answers, *ending)


def _messages(
    conversation: Sequence[ConversationMessage],
    *,
    with_calls: bool,
    instead: Mapping[str, str] | None = None,
) -> Sequence[ModelMessage]:
    """The result of each call follows the message that made it, as models require.

    `instead` are results that replace those of the conversation, by call id.
    """
    results: dict[str, str] = {one.call_id: one.content for one in conversation if one.call_id}
    results |= instead or {}
    messages: list[ModelMessage] = []
    for one in conversation:
        if one.role != "assistant":
            continue
        calls = one.tool_calls if with_calls else ()
        if one.content or calls:
            asked = tuple(_call(call) for call in calls)
            messages.append(AssistantMessage(content=one.content, tool_calls=asked))
        for call in calls:
            result = results.get(call.call_id, f"Error: {UNKNOWN_OUTCOME}")
            messages.append(ToolMessage(call_id=call.call_id, content=result))
    return messages


def _call(call: MessageCall) -> ToolCall:
    return ToolCall(
        call_id=call.call_id,
        tool_name=call.tool_name,
        arguments=call.arguments,
        raw_arguments=canonical_json(call.arguments),
    )
