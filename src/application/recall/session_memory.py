"""What an agent remembers when a task begins: its session, and its own earlier attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.asking.fingerprint import canonical_json
from application.recall.conversation import (
    TOLD_IN,
    UNKNOWN_OUTCOME,
    Conversation,
    Said,
    SaidCall,
    observed,
)
from application.recall.prior_answers import PriorAnswers
from application.recall.prior_attempts import TOLD_IN as PAST_TOLD_IN
from application.recall.prior_attempts import PriorAttempts
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
_MOST_EVENTS = 20_000  # of the session's end; what is older is not remembered
_NO_ANSWER = "[This task ended without an answer.]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    earlier: Sequence[ModelMessage]
    """Of the session's tasks before this one, and of the session that it was forked from."""
    own: Sequence[ModelMessage]
    """Of earlier attempts at this task, without what was asked."""
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
        said_before = [*await self._said_in_origins(task), *tasks.values()]
        return Memory(
            earlier=[message for said in said_before for message in _earlier(said, task)],
            own=_resumed(own, past),
            past=past,
        )

    async def past_of(self, task: Task) -> PriorAttempts:
        """The earlier attempts alone."""
        past = PriorAttempts()
        await self._read(task, past, after=task.first_seq - 1)
        return past

    async def _said_in_origins(self, task: Task) -> Sequence[Sequence[Said]]:
        said: list[Sequence[Said]] = []
        for origin in await self._origins.of(task.principal, task.session_id):
            said += _by_task(await self._read_origin(origin)).values()
        return said

    async def _read_origin(self, origin: PastSession) -> Conversation:
        at = max(0, origin.last_seq - _MOST_EVENTS)
        conversation = Conversation(after=at)
        while at < origin.last_seq:
            most = min(_READ_EVENTS, origin.last_seq - at)
            events = await self._log.read(origin.session_key, after=at, limit=most)
            for stored in events:
                if stored.body and stored.event_type in TOLD_IN and stored.seq <= origin.last_seq:
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
                is_own = stored.task_id == task.task_id and stored.event_type in PAST_TOLD_IN
                if not stored.body or not (is_own or stored.event_type in TOLD_IN):
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


def _by_task(conversation: Conversation) -> dict[TaskId, list[Said]]:
    tasks: dict[TaskId, list[Said]] = {}
    for said in conversation.said:
        tasks.setdefault(said.task_id, []).append(said)
    return tasks


def _resumed(said: Sequence[Said], past: PriorAttempts) -> Sequence[ModelMessage]:
    """Without a last thought whose calls were never begun: it is thought anew."""
    told = _messages(said[1:], with_calls=True, instead=_told_since(past))
    is_void = past.answer is None and bool(told) and isinstance(told[-1], AssistantMessage)
    return told[:-1] if is_void else told


def _told_since(past: PriorAttempts) -> Mapping[str, str]:
    """What came of calls of which the attempt itself did not tell the end, or not all."""
    told: dict[str, str] = {end.call_id: observed(end) for end in past.lost_calls()}
    if past.reply is not None:
        told[past.asking_call] = past.reply.text
    return told


def _earlier(said: Sequence[Said], task: Task) -> Sequence[ModelMessage]:
    """Nothing of a task that has yet to begin, or whose beginning is not remembered."""
    asked, *rest = said
    if asked.role != "user" or not rest:
        return ()
    # Another agent's tools are not this one's: what they gave would only confuse.
    told = _messages(rest, with_calls=asked.event.agent == task.agent)
    is_answered = bool(told) and isinstance(told[-1], AssistantMessage)
    ending = () if is_answered else (AssistantMessage(content=_NO_ANSWER),)
    return (UserMessage(content=asked.content), *told, *ending)


def _messages(
    said: Sequence[Said], *, with_calls: bool, instead: Mapping[str, str] | None = None
) -> Sequence[ModelMessage]:
    """Each call's result follows the message that asked for it, as models want it."""
    results: dict[str, str] = {one.call_id: one.content for one in said if one.call_id}
    results |= instead or {}
    messages: list[ModelMessage] = []
    for one in said:
        if one.role != "assistant":
            continue
        calls = one.tool_calls if with_calls else ()
        if one.content or calls:
            asked = tuple(_call(call) for call in calls)
            messages.append(AssistantMessage(content=one.content, tool_calls=asked))
        for call in calls:
            told = results.get(call.call_id, f"Error: {UNKNOWN_OUTCOME}")
            messages.append(ToolMessage(call_id=call.call_id, content=told))
    return messages


def _call(call: SaidCall) -> ToolCall:
    return ToolCall(
        call_id=call.call_id,
        tool_name=call.tool_name,
        arguments=call.arguments,
        raw_arguments=canonical_json(call.arguments),
    )
