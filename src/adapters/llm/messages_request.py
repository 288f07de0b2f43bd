"""The body of a request to Anthropic's Messages."""

import re
from collections.abc import Iterator, Sequence

from adapters.llm.kept_reasoning import Json, in_order
from adapters.llm.messages_answer import MESSAGES_FORMAT
from adapters.llm.model_options import ReasoningEffort
from adapters.llm.sent_text import without_surrogates
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    ModelRequest,
    SystemMessage,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from ports.tool import ToolSpec

_INVALID_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def messages_body(
    request: ModelRequest, *, model: str, max_tokens: int, effort: ReasoningEffort | None
) -> Json:
    body: Json = {
        "model": model,
        "max_tokens": max_tokens,
        "messages": _turns(request.messages),
        "stream": True,
    }
    if system := _system(request.messages):
        body["system"] = system
    if effort:
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        body["output_config"] = {"effort": effort}
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body


def _system(messages: Sequence[ModelMessage]) -> str:
    texts = (message.content for message in messages if isinstance(message, SystemMessage))
    return without_surrogates("\n\n".join(text for text in texts if text.strip()))


def _turns(messages: Sequence[ModelMessage]) -> list[Json]:
    """Roles must alternate, so consecutive messages of one role are joined."""
    turns: list[tuple[str, list[Json]]] = []
    for message in messages:
        role = "assistant" if isinstance(message, AssistantMessage) else "user"
        blocks = list(_blocks(message))
        if blocks and turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    if turns:
        _cache_until_here(turns[-1][1])
    return [{"role": role, "content": blocks} for role, blocks in turns]


def _cache_until_here(blocks: list[Json]) -> None:
    """The next request begins with this one and reads it from the cache."""
    blocks[-1]["cache_control"] = {"type": "ephemeral"}


def _blocks(message: ModelMessage) -> Iterator[Json]:
    match message:
        case SystemMessage():
            return
        case UserMessage():
            yield from _text(message.content)
        case ToolMessage():
            yield _result(message)
        case AssistantMessage():
            for part in in_order(message, format=MESSAGES_FORMAT):
                yield from _part(part)


def _part(part: Json | str | ToolCall) -> Iterator[Json]:
    match part:
        case str():
            yield from _text(part)
        case ToolCall():
            yield _call(part)
        case dict():
            yield part


def _text(content: str) -> Iterator[Json]:
    """Nothing for blank text, which the API refuses."""
    if content.strip():
        yield {"type": "text", "text": without_surrogates(content)}


def _result(message: ToolMessage) -> Json:
    result: Json = {"type": "tool_result", "tool_use_id": _id(message.call_id)}
    if content := list(_text(message.content)):
        result["content"] = content
    return result


def _call(call: ToolCall) -> Json:
    return {
        "type": "tool_use",
        "id": _id(call.call_id),
        "name": call.tool_name,
        "input": dict(call.arguments or {}),
    }


def _id(call_id: str) -> str:
    """Ids of other providers in the session may have characters that are invalid here."""
    return _INVALID_IN_ID.sub("_", call_id)


def _tool(tool: ToolSpec) -> Json:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.parameters),
    }
