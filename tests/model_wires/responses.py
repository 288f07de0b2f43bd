"""The wire format of OpenAI's Responses, as Codex uses it."""

from collections.abc import Iterator, Sequence

from tests.model_replies import Answer
from tests.model_wires.wire import (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    Body,
    call_ids,
    named_event,
    objects,
)

SEALED = "sealed"

_RESPONSE: Body = {"id": "resp-1", "object": "response", "model": "loopback"}


class Responses:
    def speaks(self, path: str) -> bool:
        return path.endswith("/responses")

    def is_streamed(self, path: str, body: Body) -> bool:
        return body.get("stream") is True

    def tools(self, body: Body) -> Sequence[str]:
        return [str(tool.get("name", tool.get("type"))) for tool in objects(body.get("tools"))]

    def has_tool_results(self, body: Body) -> bool:
        sent = objects(body.get("input"))
        return bool(sent) and str(sent[-1].get("type")).endswith("_call_output")

    def events(self, answer: Answer) -> Iterator[str]:
        begun = _RESPONSE | {"status": "in_progress", "output": []}
        yield named_event("response.created", {"response": begun})
        items = list(_items(answer))
        for index, item in enumerate(items):
            place: Body = {"output_index": index}
            yield named_event("response.output_item.added", place | {"item": _empty(item)})
            for piece in answer.text if item["type"] == "message" else ():
                delta = {"item_id": item["id"], "content_index": 0, "delta": piece}
                yield named_event("response.output_text.delta", place | delta)
            for piece in answer.reasoning if item["type"] == "reasoning" else ():
                delta = {"item_id": item["id"], "summary_index": 0, "delta": piece}
                yield named_event("response.reasoning_summary_text.delta", place | delta)
            if item["type"] == "message" and not answer.is_whole:
                return
            yield named_event("response.output_item.done", place | {"item": item})
        if answer.is_whole:
            ended = _completed(items) | ({"usage": answer.usage} if answer.usage else {})
            yield named_event("response.completed", {"response": ended})

    def whole(self, answer: Answer) -> Body:
        return _completed(list(_items(answer)))

    def fault(self, status: int, message: str) -> Body:
        return {"error": {"message": message, "type": "test", "code": None}}


def _completed(items: list[Body]) -> Body:
    usage = {
        "input_tokens": INPUT_TOKENS,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": OUTPUT_TOKENS,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    }
    return _RESPONSE | {"status": "completed", "output": items, "usage": usage}


def _items(answer: Answer) -> Iterator[Body]:
    if answer.reasoning:
        summary = {"type": "summary_text", "text": "".join(answer.reasoning)}
        sealed: Body = {"summary": [summary], "encrypted_content": SEALED}
        yield {"type": "reasoning", "id": "rs-1"} | sealed
    if answer.text:
        text = {"type": "output_text", "text": "".join(answer.text), "annotations": []}
        yield {"type": "message", "id": "msg-1", "role": "assistant", "content": [text]}
    for call_id, call in call_ids(answer):
        yield {
            "type": "function_call",
            "id": f"fc-{call_id}",
            "call_id": call_id,
            "name": call.tool_name,
            "arguments": call.arguments,
        }


def _empty(item: Body) -> Body:
    match item["type"]:
        case "message":
            return item | {"content": []}
        case "reasoning":
            return item | {"summary": []}
        case _:
            return item | {"arguments": ""}
