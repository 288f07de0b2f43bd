"""What goes wrong within a stream, in the words of each format."""

import json

import anyio
import pytest

from domain.errors import ModelRefused, ModelUnavailable
from ports.language_model import (
    AnswerCut,
    ModelPart,
    TextDelta,
)
from tests.model_apis import CHAT, HELLO, MESSAGES, RESPONSES, ModelApi
from tests.model_replies import Answer, Malformed, Reply
from tests.patience import PATIENCE_S


def sse_events(event: str, fields: dict[str, object] | str) -> str:
    data = fields if isinstance(fields, str) else json.dumps({"type": event} | fields)
    return f"event: {event}\ndata: {data}\n\n"


@pytest.mark.parametrize(
    ("served", "stream"),
    [
        (CHAT, "data: {oops\n\n"),
        (CHAT, "data: [1, 2]\n\n"),
        (CHAT, 'data: {"choices": 7}\n\n'),
        (CHAT, 'data: {"choices": [{"delta": {"content": {"a": 1}}}]}\n\n'),
        (CHAT, f"data: {'[' * 100_000}\n\n"),
        (RESPONSES, "data: {oops\n\n"),
        (RESPONSES, "data: [1, 2]\n\n"),
        (RESPONSES, sse_events("response.output_text.delta", {"delta": 7})),
        (RESPONSES, sse_events("response.output_item.done", {"item": {"type": 7}})),
        (MESSAGES, sse_events("message_start", "{oops")),
        (MESSAGES, sse_events("message_start", "[1, 2]")),
        (MESSAGES, sse_events("content_block_delta", {"delta": 7})),
        (MESSAGES, sse_events("message_start", "[" * 100_000)),
    ],
)
async def test_an_unreadable_stream_is_unavailable(served: ModelApi, stream: str) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        await ask(served, Malformed(stream=stream))


@pytest.mark.parametrize(
    ("served", "stream"),
    [
        (CHAT, 'data: {"error": {"message": "out of memory"}}\n\n'),
        (RESPONSES, sse_events("error", {"message": "out of memory", "code": "server_error"})),
        (
            RESPONSES,
            sse_events("response.failed", {"response": {"error": {"message": "out of memory"}}}),
        ),
        (
            MESSAGES,
            sse_events("error", {"error": {"type": "api_error", "message": "out of memory"}}),
        ),
        (
            MESSAGES,
            sse_events(
                "error", {"error": {"type": "overloaded_error", "message": "out of memory"}}
            ),
        ),
    ],
)
async def test_an_error_within_the_stream_is_raised(served: ModelApi, stream: str) -> None:
    with pytest.raises(ModelUnavailable, match="reported an error: out of memory"):
        await ask(served, Malformed(stream=stream))


@pytest.mark.parametrize(
    ("served", "stream"),
    [
        (RESPONSES, sse_events("error", {"message": "not so", "code": "invalid_prompt"})),
        (
            MESSAGES,
            sse_events("error", {"error": {"type": "invalid_request_error", "message": "not so"}}),
        ),
    ],
)
async def test_an_error_within_the_stream_may_be_final(served: ModelApi, stream: str) -> None:
    with pytest.raises(ModelRefused, match="reported an error: not so"):
        await ask(served, Malformed(stream=stream))


@pytest.mark.parametrize(
    ("served", "stream"),
    [(CHAT, "data: [DONE]\n\n"), (RESPONSES, ""), (MESSAGES, sse_events("ping", {}))],
)
async def test_an_empty_stream_is_no_answer(served: ModelApi, stream: str) -> None:
    with pytest.raises(ModelUnavailable, match="cut off"):
        await ask(served, Malformed(stream=stream))


@pytest.mark.parametrize(
    ("served", "reply"),
    [
        (CHAT, Answer(text=("I",), finish_reason="content_filter")),
        (MESSAGES, Answer(text=("I",), finish_reason="refusal")),
        (
            RESPONSES,
            Malformed(
                stream=sse_events(
                    "response.incomplete",
                    {"response": {"incomplete_details": {"reason": "content_filter"}}},
                )
            ),
        ),
    ],
)
async def test_a_withheld_answer_is_refused(served: ModelApi, reply: Reply) -> None:
    with pytest.raises(ModelRefused, match="content filter"):
        await ask(served, reply)


LONGEST: dict[str, object] = {"response": {"incomplete_details": {"reason": "max_output_tokens"}}}


@pytest.mark.parametrize(
    ("served", "reply"),
    [
        (CHAT, Answer(text=("I",), finish_reason="length")),
        (MESSAGES, Answer(text=("I",), finish_reason="max_tokens")),
        (MESSAGES, Answer(text=("I",), finish_reason="model_context_window_exceeded")),
        (
            RESPONSES,
            Malformed(
                stream=sse_events("response.output_text.delta", {"delta": "I"})
                + sse_events("response.incomplete", LONGEST)
            ),
        ),
    ],
)
async def test_an_answer_at_its_maximum_length_is_marked_as_cut(
    served: ModelApi, reply: Reply
) -> None:
    parts = await ask(served, reply)

    assert parts[0] == TextDelta(text="I")
    assert AnswerCut() in parts


async def test_a_whole_answer_is_not_cut() -> None:
    for served in (CHAT, RESPONSES, MESSAGES):
        assert AnswerCut() not in await ask(served, Answer(text=("I",)))


async def ask(served: ModelApi, reply: Reply) -> list[ModelPart]:
    async with served.by(reply) as (model, _):
        with anyio.fail_after(PATIENCE_S):
            return [part async for part in model.stream(HELLO)]
