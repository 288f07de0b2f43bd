"""Writes a request as the body of a Chat Completions call."""

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

Json = dict[str, object]


def chat_body(request: ModelRequest, *, model: str) -> Json:
    body: Json = {
        "model": model,
        "messages": [_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body


def _message(message: ModelMessage) -> Json:
    match message:
        case SystemMessage():
            return {"role": "system", "content": _text(message.content)}
        case UserMessage():
            return {"role": "user", "content": _text(message.content)}
        case ToolMessage():
            return {
                "role": "tool",
                "tool_call_id": message.call_id,
                "content": _text(message.content),
            }
        case AssistantMessage():
            return _assistant(message)


def _assistant(message: AssistantMessage) -> Json:
    if not message.tool_calls:
        return {"role": "assistant", "content": _text(message.content)}
    return {
        "role": "assistant",
        "content": _text(message.content) or None,
        "tool_calls": [_call(call) for call in message.tool_calls],
    }


def _call(call: ToolCall) -> Json:
    # Servers parse past arguments again and refuse a conversation that holds broken JSON.
    arguments = "{}" if call.arguments is None else call.raw_arguments.strip() or "{}"
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.tool_name, "arguments": arguments},
    }


def _tool(tool: ToolSpec) -> Json:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def _text(text: str) -> str:
    """UTF-8 cannot carry lone surrogates, which files and terminals do hold."""
    return text.encode("utf-8", errors="replace").decode()
