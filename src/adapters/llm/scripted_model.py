"""The offline default: a LanguageModel that is no model, deterministic, and says so."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from adapters.llm.plain_task import PlannedCall, plan, report
from adapters.llm.script import Turn, is_script, script_turns
from adapters.llm.tool_arguments import tool_arguments
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
class _Past:
    """What of a conversation decides the next answer; the model itself remembers nothing."""

    text: str
    answers: int
    calls: int
    last_result: str


class ScriptedModel:
    def __init__(self, *, tokens_per_s: float | None = None) -> None:
        """Without `tokens_per_s` the words come as fast as they are taken."""
        self._pause_s = 1 / tokens_per_s if tokens_per_s else 0.0

    @property
    def name(self) -> str:
        return _NAME

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        past = _past(request.messages)
        turn = _turn(past, request)
        said = "\n".join(turn.says)
        for token in _TOKEN.findall(said):
            await asyncio.sleep(self._pause_s)
            yield TextDelta(text=token)
        if turn.refusal is not None:
            raise ModelRefused(turn.refusal)
        for number, (tool_name, raw) in enumerate(turn.calls, start=past.calls + 1):
            yield ToolCall(
                call_id=CallId(f"call_{number}"),
                tool_name=tool_name,
                arguments=tool_arguments(raw),
                raw_arguments=raw,
            )
        yield _usage(request, said=said, turn=turn)


def _past(messages: Sequence[ModelMessage]) -> _Past:
    """What has followed the last thing the user said."""
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
    return _Past(text=text, answers=answers, calls=calls, last_result=last_result)


def _turn(past: _Past, request: ModelRequest) -> Turn:
    if not is_script(past.text):
        return _plain_turn(past, plan(past.text, {tool.name for tool in request.tools}))
    turns = script_turns(past.text)
    if past.answers >= len(turns):
        return Turn(says=["The script has ended."])
    turn = turns[past.answers]
    turn.says = [text.replace("{result}", past.last_result) for text in turn.says]
    return turn


def _plain_turn(past: _Past, call: PlannedCall | None) -> Turn:
    if call is None:
        return Turn(says=[f"{_I_AM}, and no tool is offered that I could use for this."])
    if past.answers:
        return Turn(says=[report(call, past.last_result), f"({_I_AM}: this was one fixed step.)"])
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return Turn(says=[f"{_I_AM}. I {call.purpose}."], calls=[(call.tool_name, arguments)])


def _usage(request: ModelRequest, *, said: str, turn: Turn) -> ModelUsage:
    """Counts words: it has no other tokens."""
    read = sum(len(message.content.split()) for message in request.messages)
    written = len(said.split()) + sum(len(raw.split()) + 1 for _, raw in turn.calls)
    usage = Usage(input_tokens=read, output_tokens=written, total_tokens=read + written)
    return ModelUsage(model=_NAME, usage=usage)
