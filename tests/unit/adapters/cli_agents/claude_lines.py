"""Lines as Claude Code writes them, made short for tests."""

from collections.abc import Mapping, Sequence

Line = Mapping[str, object]
NO_CALL = {"input_tokens": 0, "output_tokens": 0}


def assistant(
    *content: Line,
    message_id: str = "m1",
    parent: str | None = None,
    usage: Line = NO_CALL,
) -> Line:
    return {
        "type": "assistant",
        "message": {"id": message_id, "model": "opus", "content": content, "usage": usage},
        "parent_tool_use_id": parent,
    }


def text(words: str) -> Line:
    return {"type": "text", "text": words}


def tool_use(call_id: str, name: str, arguments: Line) -> Line:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def tool_result(
    call_id: str, content: object, *, is_error: bool = False, parent: str | None = None
) -> Line:
    block = {
        "type": "tool_result",
        "tool_use_id": call_id,
        "content": content,
        "is_error": is_error,
    }
    return {
        "type": "user",
        "message": {"role": "user", "content": [block]},
        "parent_tool_use_id": parent,
    }


def piece(event: Line) -> Line:
    return {"type": "stream_event", "event": event, "parent_tool_use_id": None}


def pieces(message_id: str, *blocks: tuple[str, Sequence[Line]], usage: Line) -> list[Line]:
    """A message that is streamed: its blocks by type, each with its deltas."""
    message = {"id": message_id, "model": "opus", "usage": usage}
    events: list[Line] = [{"type": "message_start", "message": message}]
    for kind, deltas in blocks:
        events.append({"type": "content_block_start", "content_block": {"type": kind}})
        events += [{"type": "content_block_delta", "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop"})
    return [piece(event) for event in events]


def result(**fields: object) -> Line:
    return {"type": "result", "subtype": "success", "is_error": False, "result": "Done.", **fields}
