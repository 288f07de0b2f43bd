"""The body of a Chat Completions request."""

from adapters.llm.chat_answer import CHAT_FORMAT
from adapters.llm.kept_reasoning import Json, reasoning_pieces
from adapters.llm.model_options import ReasoningEffort
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


def chat_body(request: ModelRequest, *, model: str, effort: ReasoningEffort | None) -> Json:
    body: Json = {
        "model": model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if effort:
        body["reasoning_effort"] = effort
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body


def _message(message: ModelMessage) -> Json:
    match message:
        case SystemMessage():
            return {"role": "system", "content": without_surrogates(message.content)}
        case UserMessage():
            return {"role": "user", "content": without_surrogates(message.content)}
        case ToolMessage():
            return {
                "role": "tool",
                "tool_call_id": message.call_id,
                "content": without_surrogates(message.content),
            }
        case AssistantMessage():
            return _assistant(message)


def _assistant(message: AssistantMessage) -> Json:
    if not message.tool_calls:
        return {"role": "assistant", "content": without_surrogates(message.content)}
    return {
        "role": "assistant",
        "content": without_surrogates(message.content) or None,
        "tool_calls": [_call(call) for call in message.tool_calls],
        **_reasoning(message),
    }


def _reasoning(message: AssistantMessage) -> Json:
    """In the field it came in; servers require it back between tool calls."""
    return {
        str(piece.get("field")): piece.get("text", "")
        for piece in reasoning_pieces(message, format=CHAT_FORMAT)
    }


def _call(call: ToolCall) -> Json:
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.tool_name, "arguments": sent_arguments(call)},
    }


def _tool(tool: ToolSpec) -> Json:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}
