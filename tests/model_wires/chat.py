"""The wire format of OpenAI's Chat Completions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.model_replies import Answer
from tests.model_server import chat_events
from tests.model_wires.wire import INPUT_TOKENS, OUTPUT_TOKENS, Body, call_ids, objects

_USAGE: Body = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}


class Chat:
    def speaks(self, path: str) -> bool:
        return path.endswith("/chat/completions")

    def is_streamed(self, path: str, body: Body) -> bool:
        return body.get("stream") is True

    def tools(self, body: Body) -> Sequence[str]:
        functions = [tool.get("function") for tool in objects(body.get("tools"))]
        return [str(function["name"]) for function in objects(functions)]

    def has_tool_results(self, body: Body) -> bool:
        sent = objects(body.get("messages"))
        return bool(sent) and sent[-1].get("role") == "tool"

    def events(self, answer: Answer) -> Iterator[str]:
        calls = [replace(call, call_id=call_id) for call_id, call in call_ids(answer)]
        return chat_events(replace(answer, calls=calls, usage=answer.usage or _USAGE))

    def whole(self, answer: Answer) -> Body:
        calls = [
            {
                "id": call_id,
                "type": "function",
                "function": {"name": call.tool_name, "arguments": call.arguments},
            }
            for call_id, call in call_ids(answer)
        ]
        message = {"role": "assistant", "content": "".join(answer.text), "tool_calls": calls}
        finish_reason = "tool_calls" if calls else "stop"
        choice = {"index": 0, "message": message, "finish_reason": finish_reason}
        return {
            "id": "chat-1",
            "object": "chat.completion",
            "created": 0,
            "model": "loopback",
            "choices": [choice],
            "usage": answer.usage or _USAGE,
        }

    def fault(self, status: int, message: str) -> Body:
        return {"error": {"message": message, "type": "test", "code": None}}
