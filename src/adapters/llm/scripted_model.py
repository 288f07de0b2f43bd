"""The offline default: a deterministic stand-in for a model, which says that it is one."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from adapters.llm.plain_task import PlannedCall, plan, report
from adapters.llm.script import Turn, is_script, script_turns
from adapters.llm.tool_call_joiner import tool_arguments
from domain.errors import ModelRefused
from domain.ids import CallId
from domain.usage import Usage
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    ModelPart,
    ModelRequest,
    ModelUsage,
    SystemMessage,
    TextDelta,
    ToolCall,
    ToolMessage,
    UserMessage,
)

_NAME = "scripted"
_TOKEN = re.compile(r"\s*\S+|\s+$")
_I_AM = "I am Agentcast's scripted offline model, not a language model"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conversation:
    """The part of a conversation that decides the next answer; the model has no state."""

    text: str
    answers: int
    calls: int
    last_result: str


class ScriptedModel:
    def __init__(self, *, tokens_per_s: float | None = None) -> None:
        """Without `tokens_per_s` words are emitted without a pause."""
        self._pause_s = 1 / tokens_per_s if tokens_per_s else 0.0

    @property
    def name(self) -> str:
        return _NAME

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        conversation = _conversation(request.messages)
        turn = _turn(conversation, request)
        text = "\n".join(turn.says)
        for token in _TOKEN.findall(text):
            await asyncio.sleep(self._pause_s)
            yield TextDelta(text=token)
        if turn.refusal is not None:
            raise ModelRefused(turn.refusal)
        for number, (tool_name, raw) in enumerate(turn.calls, start=conversation.calls + 1):
            yield ToolCall(
                call_id=CallId(f"call_{number}"),
                tool_name=tool_name,
                arguments=tool_arguments(raw),
                raw_arguments=raw,
            )
        yield _usage(request, text=text, turn=turn)


def _conversation(messages: Sequence[ModelMessage]) -> _Conversation:
    """What followed the last message of the user."""
    text, answers, calls, last_result = "", 0, 0, ""
    for message in messages:
        match message:
            case UserMessage():
                text, answers, calls, last_result = message.content, 0, 0, ""
            case AssistantMessage():
                answers += 1
                calls += len(message.tool_calls)
            case ToolMessage():
                last_result = message.content
            case SystemMessage():
                continue
    return _Conversation(text=text, answers=answers, calls=calls, last_result=last_result)


def _turn(conversation: _Conversation, request: ModelRequest) -> Turn:
    if not is_script(conversation.text):
        return _plain_turn(
            conversation, plan(conversation.text, {tool.name for tool in request.tools})
        )
    turns = script_turns(conversation.text)
    if conversation.answers >= len(turns):
        return Turn(says=["The script has ended."])
    turn = turns[conversation.answers]
    turn.says = [text.replace("{result}", conversation.last_result) for text in turn.says]
    return turn


def _plain_turn(conversation: _Conversation, call: PlannedCall | None) -> Turn:
    if call is None:
        return Turn(says=[f"{_I_AM}, and no tool is offered that I could use for this."])
    if conversation.answers:
        return Turn(
            says=[report(call, conversation.last_result), f"({_I_AM}: this was one fixed step.)"]
        )
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return Turn(says=[f"{_I_AM}. I {call.purpose}."], calls=[(call.tool_name, arguments)])


def _usage(request: ModelRequest, *, text: str, turn: Turn) -> ModelUsage:
    """Words are counted as tokens."""
    read = sum(len(message.content.split()) for message in request.messages)
    written = len(text.split()) + sum(len(raw.split()) + 1 for _, raw in turn.calls)
    usage = Usage(input_tokens=read, output_tokens=written, total_tokens=read + written)
    return ModelUsage(model=_NAME, usage=usage)
