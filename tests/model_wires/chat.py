"""OpenAI's Chat Completions, with the events of the server that speaks nothing else."""

from collections.abc import Iterator, Sequence

from tests.model_replies import Answer
from tests.model_server import chat_events
from tests.model_wires.wire import Body, call_ids, objects


class Chat:
    def speaks(self, path: str) -> bool:
        return path.endswith("/chat/completions")

    def is_streamed(self, path: str, body: Body) -> bool:
        return body.get("stream") is True

    def tools(self, body: Body) -> Sequence[str]:
        functions = [tool.get("function") for tool in objects(body.get("tools"))]
        return [str(function["name"]) for function in objects(functions)]

    def is_told_results(self, body: Body) -> bool:
        said = objects(body.get("messages"))
        return bool(said) and said[-1].get("role") == "tool"

    def events(self, answer: Answer) -> Iterator[str]:
        return chat_events(answer)

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
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"id": "chat-1", "object": "chat.completion", "choices": [choice]}

    def fault(self, status: int, message: str) -> Body:
        return {"error": {"message": message, "type": "test", "code": None}}
