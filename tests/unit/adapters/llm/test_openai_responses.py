"""Requests to a server of OpenAI's Responses, and how its answers are read."""

import anyio

from domain.ids import CallId
from domain.usage import Usage
from ports.language_model import (
    AssistantMessage,
    KeptReasoning,
    ModelPart,
    ModelRequest,
    ModelUsage,
    ReasoningDelta,
    SystemMessage,
    TextDelta,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from tests.model_apis import HELLO, KEY, RESPONSES, SHELL, ModelOptions
from tests.model_replies import Answer, AskedCall, Malformed, Reply
from tests.model_wires.wire import named_event
from tests.patience import PATIENCE_S

BROKEN = ToolCall(call_id=CallId("b"), tool_name="shell", arguments=None, raw_arguments="{oops")


async def test_a_conversation_is_sent_in_the_format_of_the_server() -> None:
    request = ModelRequest(
        messages=[
            SystemMessage(content="be good"),
            UserMessage(content="list"),
            AssistantMessage(content="", tool_calls=[BROKEN]),
            ToolMessage(call_id=CallId("b"), content="no JSON"),
            AssistantMessage(content="sorry"),
        ],
        tools=[SHELL],
        model="gpt-y",
    )
    async with RESPONSES.by(Answer(text=("ok",))) as (model, server):
        [part async for part in model.stream(request)]

    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert server.headers[0][":"] == "POST /v1/responses HTTP/1.1"
    assert server.requests == [
        {
            "model": "gpt-y",
            "stream": True,
            "store": False,
            "input": [
                {"role": "system", "content": "be good"},
                {"role": "user", "content": "list"},
                function_call("b"),
                {"type": "function_call_output", "call_id": "b", "output": "no JSON"},
                {"role": "assistant", "content": "sorry"},
            ],
            "tools": [
                {
                    "type": "function",
                    "name": "shell",
                    "description": "Run it.",
                    "parameters": {"type": "object"},
                    "strict": False,
                }
            ],
        }
    ]


async def test_encrypted_reasoning_is_sent_back_before_its_call() -> None:
    call = AskedCall(tool_name="shell", arguments="{}", call_id="a")
    first = Answer(reasoning=("hm", "m"), calls=(call,))
    async with RESPONSES.by(first, Answer(), options=ModelOptions(effort="low")) as (
        model,
        server,
    ):
        parts = [part async for part in model.stream(HELLO)]
        [keep] = [part for part in parts if isinstance(part, KeptReasoning)]
        calls = [part for part in parts if isinstance(part, ToolCall)]
        answer = AssistantMessage(content="", tool_calls=calls, kept_reasoning=keep.data)
        [
            part
            async for part in model.stream(
                ModelRequest(messages=[*HELLO.messages, answer], tools=[])
            )
        ]

    asked = server.requests[1]
    summary = [{"type": "summary_text", "text": "hmm"}]
    sealed = {"type": "reasoning", "id": "rs-1", "summary": summary, "encrypted_content": "sealed"}
    assert asked["reasoning"] == {"effort": "low", "summary": "auto"}
    assert asked["include"] == ["reasoning.encrypted_content"]
    assert asked["input"] == [{"role": "user", "content": "hello"}, sealed, function_call("a")]


async def test_the_parts_of_a_summary_are_paragraphs() -> None:
    delta = "response.reasoning_summary_text.delta"
    added = "response.reasoning_summary_part.added"
    events = [
        named_event(added, {"summary_index": 0}),
        named_event(delta, {"delta": "one"}),
        named_event(added, {"summary_index": 1}),
        named_event(delta, {"delta": "two"}),
        named_event("response.completed", {"response": {}}),
    ]

    parts = await ask(Malformed(stream="".join(events)))

    assert parts == [ReasoningDelta(text=text) for text in ("one", "\n\n", "two")]


async def test_usage_includes_cached_and_reasoning_tokens() -> None:
    usage: dict[str, object] = {
        "input_tokens": 100,
        "output_tokens": 20,
        "input_tokens_details": {"cached_tokens": 64},
        "output_tokens_details": {"reasoning_tokens": 8},
    }

    parts = await ask(Answer(text=("ok",), usage=usage))

    assert parts == [
        TextDelta(text="ok"),
        ModelUsage(
            model="loopback",
            usage=Usage(
                input_tokens=100,
                output_tokens=20,
                total_tokens=120,
                cached_input_tokens=64,
                reasoning_tokens=8,
            ),
        ),
    ]


async def ask(reply: Reply) -> list[ModelPart]:
    async with RESPONSES.by(reply) as (model, _):
        with anyio.fail_after(PATIENCE_S):
            return [part async for part in model.stream(HELLO)]


def function_call(call_id: str) -> dict[str, object]:
    return {"type": "function_call", "call_id": call_id, "name": "shell", "arguments": "{}"}
