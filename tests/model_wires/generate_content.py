"""The wire format of Google's generateContent, as Gemini CLI uses it."""

import json
from collections.abc import Iterator, Sequence

from tests.model_replies import Answer, AskedCall
from tests.model_wires.wire import INPUT_TOKENS, OUTPUT_TOKENS, Body, call_ids, objects

_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED"}


class GenerateContent:
    def speaks(self, path: str) -> bool:
        return path.endswith((":generateContent", ":streamGenerateContent"))

    def is_streamed(self, path: str, body: Body) -> bool:
        return path.endswith(":streamGenerateContent")

    def tools(self, body: Body) -> Sequence[str]:
        return [
            str(declared.get("name"))
            for tool in objects(body.get("tools"))
            for declared in objects(tool.get("functionDeclarations"))
        ]

    def has_tool_results(self, body: Body) -> bool:
        sent = objects(body.get("contents"))
        parts = objects(sent[-1].get("parts")) if sent else []
        return any("functionResponse" in part for part in parts)

    def events(self, answer: Answer) -> Iterator[str]:
        for text in answer.text:
            yield _line(_candidate([{"text": text}]))
        yield _line(_ended(_calls(answer)))

    def whole(self, answer: Answer) -> Body:
        texts: list[Body] = [{"text": text} for text in answer.text]
        return _ended(texts + _calls(answer))

    def fault(self, status: int, message: str) -> Body:
        kind = _STATUSES.get(status, "INTERNAL")
        return {"error": {"code": status, "message": message, "status": kind}}


def _calls(answer: Answer) -> list[Body]:
    return [_function_call(call_id, call) for call_id, call in call_ids(answer)]


def _function_call(call_id: str, call: AskedCall) -> Body:
    asked = {"id": call_id, "name": call.tool_name, "args": json.loads(call.arguments)}
    return {"functionCall": asked}


def _candidate(parts: Sequence[Body]) -> Body:
    return {
        "candidates": [{"index": 0, "content": {"role": "model", "parts": list(parts)}}],
        "modelVersion": "loopback",
    }


def _ended(parts: Sequence[Body]) -> Body:
    content = {"role": "model", "parts": list(parts)}
    return {
        "candidates": [{"index": 0, "content": content, "finishReason": "STOP"}],
        "modelVersion": "loopback",
        "usageMetadata": {
            "promptTokenCount": INPUT_TOKENS,
            "candidatesTokenCount": OUTPUT_TOKENS,
            "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }


def _line(part: Body) -> str:
    return f"data: {json.dumps(part)}\n\n"
