"""The wire format of Anthropic's Messages, as Claude Code uses it."""

import json
from collections.abc import Iterator, Sequence
from itertools import count

from tests.model_replies import Answer, AskedCall
from tests.model_wires.wire import (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    Body,
    call_ids,
    named_event,
    objects,
)

SIGNATURE = "signed"

_numbers = count(1)
_KINDS = {400: "invalid_request_error", 401: "authentication_error"}


class Messages:
    def speaks(self, path: str) -> bool:
        return path.endswith("/v1/messages")

    def is_streamed(self, path: str, body: Body) -> bool:
        return body.get("stream") is True

    def tools(self, body: Body) -> Sequence[str]:
        return [str(tool.get("name")) for tool in objects(body.get("tools"))]

    def has_tool_results(self, body: Body) -> bool:
        sent = objects(body.get("messages"))
        blocks = objects(sent[-1].get("content")) if sent else []
        return any(block.get("type") == "tool_result" for block in blocks)

    def events(self, answer: Answer) -> Iterator[str]:
        begun = _message(answer) | {"content": [], "stop_reason": None}
        yield named_event("message_start", {"message": begun})
        blocks = count()
        if answer.reasoning:
            yield from _block(next(blocks), {"type": "thinking", "thinking": ""}, _signed(answer))
        if answer.text:
            deltas: list[Body] = [{"type": "text_delta", "text": text} for text in answer.text]
            yield from _block(next(blocks), {"type": "text", "text": ""}, deltas)
        if not answer.is_whole:
            return
        for call_id, call in call_ids(answer):
            yield from _block(next(blocks), _begun_call(call_id, call), _halves(call))
        ended = {"stop_reason": _stop_reason(answer), "stop_sequence": None}
        usage = answer.usage or {"output_tokens": OUTPUT_TOKENS}
        yield named_event("message_delta", {"delta": ended, "usage": usage})
        yield named_event("message_stop", {})

    def whole(self, answer: Answer) -> Body:
        texts: list[Body] = [{"type": "text", "text": "".join(answer.text)}] if answer.text else []
        calls = [_whole_call(call_id, call) for call_id, call in call_ids(answer)]
        return _message(answer) | {"content": texts + calls}

    def fault(self, status: int, message: str) -> Body:
        kind = _KINDS.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}


def _message(answer: Answer) -> Body:
    return {
        "id": f"msg_{next(_numbers)}",
        "type": "message",
        "role": "assistant",
        "model": "loopback",
        "stop_reason": _stop_reason(answer),
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS},
    }


def _block(index: int, content: Body, deltas: Sequence[Body]) -> Iterator[str]:
    yield named_event("content_block_start", {"index": index, "content_block": content})
    for delta in deltas:
        yield named_event("content_block_delta", {"index": index, "delta": delta})
    yield named_event("content_block_stop", {"index": index})


def _halves(call: AskedCall) -> list[Body]:
    middle = len(call.arguments) // 2
    halves = call.arguments[:middle], call.arguments[middle:]
    return [{"type": "input_json_delta", "partial_json": half} for half in halves]


def _signed(answer: Answer) -> list[Body]:
    deltas: list[Body] = [
        {"type": "thinking_delta", "thinking": text} for text in answer.reasoning
    ]
    return [*deltas, {"type": "signature_delta", "signature": SIGNATURE}]


def _begun_call(call_id: str, call: AskedCall) -> Body:
    return {"type": "tool_use", "id": call_id, "name": call.tool_name, "input": {}}


def _whole_call(call_id: str, call: AskedCall) -> Body:
    return _begun_call(call_id, call) | {"input": json.loads(call.arguments)}


def _stop_reason(answer: Answer) -> str:
    return answer.finish_reason or ("tool_use" if answer.calls else "end_turn")
