"""The body of a request to OpenAI's Responses."""

from collections.abc import Iterator

from adapters.llm.kept_reasoning import Json, in_order
from adapters.llm.model_options import ReasoningEffort
from adapters.llm.responses_answer import RESPONSES_FORMAT
from adapters.llm.sent_text import sent_arguments, without_surrogates
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


def responses_body(request: ModelRequest, *, model: str, effort: ReasoningEffort | None) -> Json:
    body: Json = {
        "model": model,
        "input": [item for message in request.messages for item in _items(message)],
        "stream": True,
        # The conversation is sent whole each time, so the server need not store it.
        "store": False,
    }
    if effort:
        body["reasoning"] = {"effort": effort, "summary": "auto"}
        body["include"] = ["reasoning.encrypted_content"]
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body


def _items(message: ModelMessage) -> Iterator[Json]:
    match message:
        case SystemMessage():
            yield _text("system", message.content)
        case UserMessage():
            yield _text("user", message.content)
        case ToolMessage():
            yield {
                "type": "function_call_output",
                "call_id": message.call_id,
                "output": without_surrogates(message.content),
            }
        case AssistantMessage():
            yield from _answer(message)


def _answer(message: AssistantMessage) -> Iterator[Json]:
    for part in in_order(message, format=RESPONSES_FORMAT):
        match part:
            case str():
                if part:
                    yield _text("assistant", part)
            case ToolCall():
                yield _call(part)
            case dict():
                yield part


def _text(role: str, content: str) -> Json:
    return {"role": role, "content": without_surrogates(content)}


def _call(call: ToolCall) -> Json:
    return {
        "type": "function_call",
        "call_id": call.call_id,
        "name": call.tool_name,
        "arguments": sent_arguments(call),
    }


def _tool(tool: ToolSpec) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        # The default is strict, which refuses schemas with optional fields.
        "strict": False,
    }
