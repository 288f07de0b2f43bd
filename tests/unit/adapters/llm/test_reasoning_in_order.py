"""Reasoning between the parts of an answer goes back to where it was, as providers demand."""

import json
from collections.abc import Sequence

import anyio
import pytest

from adapters.llm.kept_reasoning import Place, in_order, stored_reasoning
from domain.ids import CallId
from ports.language_model import (
    AssistantMessage,
    KeptReasoning,
    ModelRequest,
    TextDelta,
    ToolCall,
    UserMessage,
)
from tests.model_apis import MESSAGES, RESPONSES, ModelApi
from tests.model_replies import Answer, Malformed
from tests.patience import PATIENCE_S

ASKED = [UserMessage(content="hello")]
CALL = ToolCall(call_id=CallId("c"), tool_name="ls", arguments={}, raw_arguments="{}")


def sse_events(*events: dict[str, object]) -> Malformed:
    lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Malformed(stream="".join(lines))


def blocks(*given: dict[str, object]) -> Malformed:
    return sse_events(
        *(
            {"type": "content_block_start", "index": n, "content_block": b}
            for n, b in enumerate(given)
        ),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    )


def thought(number: int) -> dict[str, object]:
    return {"type": "thinking", "thinking": f"t{number}", "signature": f"s{number}"}


def sealed(number: int) -> dict[str, object]:
    return {"type": "reasoning", "id": f"r{number}", "encrypted_content": "x"}


TEXT: dict[str, object] = {"type": "text", "text": "look"}
USE: dict[str, object] = {"type": "tool_use", "id": "c", "name": "ls", "input": {}}
MESSAGES_ANSWER = blocks(thought(1), TEXT, thought(2), USE)
RESPONSES_ANSWER = sse_events(
    {"type": "response.output_item.done", "item": sealed(1)},
    {"type": "response.output_text.delta", "delta": "look"},
    {"type": "response.output_item.done", "item": sealed(2)},
    {
        "type": "response.output_item.done",
        "item": {"type": "function_call", "call_id": "c", "name": "ls", "arguments": "{}"},
    },
    {"type": "response.completed", "response": {}},
)


@pytest.mark.parametrize(
    ("served", "reply", "sent_back"),
    [
        (MESSAGES, MESSAGES_ANSWER, ["t1", "text", "t2", "tool_use"]),
        (RESPONSES, RESPONSES_ANSWER, ["r1", "assistant", "r2", "function_call"]),
    ],
    ids=["messages", "responses"],
)
async def test_reasoning_between_text_and_call_is_sent_back_there(
    served: ModelApi, reply: Malformed, sent_back: Sequence[str]
) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with served.by(reply, Answer(text=("ok",))) as (model, server):
            parts = [part async for part in model.stream(ModelRequest(messages=ASKED, tools=[]))]
            [keep] = [part.data for part in parts if isinstance(part, KeptReasoning)]
            answer = AssistantMessage(
                content="".join(part.text for part in parts if isinstance(part, TextDelta)),
                tool_calls=[part for part in parts if isinstance(part, ToolCall)],
                kept_reasoning=keep,
            )
            again = ModelRequest(messages=[*ASKED, answer], tools=[])
            [part async for part in model.stream(again)]

    assert _kinds(server.requests[1]) == sent_back


def test_reasoning_of_an_answer_that_is_shorter_now_is_not_lost() -> None:
    data = stored_reasoning(
        [{"n": 1}, {"n": 2}], format="f", places=[Place(chars=1, calls=0), Place(chars=9, calls=9)]
    ).data
    message = AssistantMessage(content="abc", tool_calls=[CALL], kept_reasoning=data)

    parts = [part for part in in_order(message, format="f") if part != ""]

    assert parts == ["a", {"n": 1}, "bc", CALL, {"n": 2}]


def test_reasoning_stored_without_positions_comes_first() -> None:
    message = AssistantMessage(
        content="abc",
        tool_calls=[CALL],
        kept_reasoning='{"format": "f", "pieces": [{"n": 1}]}',
    )

    parts = [part for part in in_order(message, format="f") if part != ""]

    assert parts == [{"n": 1}, "abc", CALL]


def _kinds(request: dict[str, object]) -> list[object]:
    """What the assistant's part of a request is made of."""
    match request:
        case {"messages": [_, {"content": list(parts)}]} | {"input": [_, *parts]}:
            return [_kind(part) for part in parts]
        case _:
            raise AssertionError(request)


def _kind(part: object) -> object:
    match part:
        case {"thinking": name} | {"id": str(name), "type": "reasoning"} | {"role": name}:
            return name
        case {"type": name}:
            return name
        case _:
            raise AssertionError(part)
