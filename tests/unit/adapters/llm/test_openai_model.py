"""Requests to a Chat Completions server, and how its answers are read."""

import subprocess
import sys

import anyio
import pytest

from adapters.llm.openai_model import OpenAIModel
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
    ToolCall,
    ToolMessage,
    UserMessage,
)
from tests.model_apis import HELLO, LS, SHELL
from tests.model_replies import Answer, AskedCall, Malformed, Reply
from tests.model_server import model_server
from tests.patience import PATIENCE_S

BROKEN = ToolCall(call_id=CallId("b"), tool_name="shell", arguments=None, raw_arguments="{oops")


async def test_a_conversation_is_sent_in_the_format_of_the_server() -> None:
    request = ModelRequest(
        messages=[
            SystemMessage(content="be good"),
            UserMessage(content="list"),
            AssistantMessage(content="", tool_calls=[LS, BROKEN]),
            ToolMessage(call_id=CallId("a"), content="a.py"),
            AssistantMessage(content="one file"),
        ],
        tools=[SHELL],
        model="gpt-y",
    )
    async with model_server([Answer(text=("ok",))]) as server:
        await parts_of(openai_model(server.base_url), request)

    assert server.headers[0]["authorization"] == "Bearer k"
    assert server.headers[0][":"] == "POST /v1/chat/completions HTTP/1.1"
    assert server.requests == [
        {
            "model": "gpt-y",
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [
                {"role": "system", "content": "be good"},
                {"role": "user", "content": "list"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [sent_call("a", '{"command": "ls"}'), sent_call("b", "{}")],
                },
                {"role": "tool", "tool_call_id": "a", "content": "a.py"},
                {"role": "assistant", "content": "one file"},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "shell",
                        "description": "Run it.",
                        "parameters": {"type": "object"},
                    },
                }
            ],
        }
    ]


async def test_the_models_own_name_is_used_unless_the_request_names_one() -> None:
    async with model_server([Answer()]) as server:
        await parts_of(openai_model(server.base_url))

    assert server.requests[0]["model"] == "gpt-x"
    assert "tools" not in server.requests[0]


async def test_usage_includes_cached_and_reasoning_tokens() -> None:
    reported: dict[str, object] = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 8},
    }

    parts = await ask(Answer(usage=reported))

    assert parts == [
        ModelUsage(
            model="loopback",
            usage=Usage(
                input_tokens=100,
                output_tokens=20,
                total_tokens=120,
                cached_input_tokens=64,
                reasoning_tokens=8,
            ),
        )
    ]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_sent_back_with_its_call_in_its_field(field: str) -> None:
    call = '{"tool_calls":[{"index":0,"id":"a","function":{"name":"shell","arguments":"{}"}}]}'
    stream = _chunk(f'{{"{field}":"hm"}}') + _chunk(call, finish_reason='"tool_calls"')
    async with model_server([Malformed(stream=stream)]) as server:
        model = openai_model(server.base_url)
        parts = await parts_of(model)
        keep, *calls = parts[1:]
        assert isinstance(keep, KeptReasoning)
        answer = AssistantMessage(
            content="",
            tool_calls=[call for call in calls if isinstance(call, ToolCall)],
            kept_reasoning=keep.data,
        )
        await parts_of(model, ModelRequest(messages=[answer], tools=[]))

    assert parts[0] == ReasoningDelta(text="hm")
    assert server.requests[1]["messages"] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [sent_call("a", "{}")],
            field: "hm",
        }
    ]


async def test_a_chat_model_gets_its_reasoning_effort() -> None:
    async with model_server([Answer()]) as server:
        await parts_of(
            OpenAIModel(api_key="k", base_url=server.base_url, model="gpt-x", effort="low")
        )

    assert server.requests[0]["reasoning_effort"] == "low"


async def test_incomplete_usage_is_not_reported() -> None:
    assert await ask(Answer(usage={"completion_tokens": 20})) == []


@pytest.mark.parametrize("given", [None, "", "same"])
async def test_calls_without_a_unique_id_get_one(given: str | None) -> None:
    call = AskedCall(tool_name="shell", arguments="{}", call_id=given)

    parts = await ask(Answer(calls=(call, call)))

    ids = [part.call_id for part in parts if isinstance(part, ToolCall)]
    assert ids == [given or "call_1", "call_2"]


async def test_calls_without_an_index_start_with_their_name() -> None:
    pieces = ('{"name":"a","arguments":"{\\"n\\":"}', '{"arguments":"1}"}', '{"name":"b"}')
    chunks = "".join(_chunk(f'{{"tool_calls":[{{"function":{piece}}}]}}') for piece in pieces)

    parts = await ask(Malformed(stream=chunks + _chunk("{}", finish_reason='"tool_calls"')))

    assert [(part.tool_name, part.arguments) for part in parts if isinstance(part, ToolCall)] == [
        ("a", {"n": 1}),
        ("b", {}),
    ]


async def test_calls_with_the_same_index_are_distinguished_by_id() -> None:
    whole = '{{"index":0,"id":"{}","function":{{"name":"{}","arguments":"{{}}"}}}}'
    chunks = "".join(
        _chunk(f'{{"tool_calls":[{whole.format(*call)}]}}') for call in (("1", "a"), ("2", "a"))
    )

    parts = await ask(Malformed(stream=chunks + _chunk("{}", finish_reason='"tool_calls"')))

    calls = [part for part in parts if isinstance(part, ToolCall)]
    assert [(call.call_id, call.arguments) for call in calls] == [("1", {}), ("2", {})]


async def test_an_id_that_changes_with_every_delta_starts_no_call() -> None:
    pieces = ('"1","function":{"name":"a","arguments":"{"}', '"2","function":{"arguments":"}"}')
    chunks = "".join(_chunk(f'{{"tool_calls":[{{"index":0,"id":{piece}}}]}}') for piece in pieces)

    parts = await ask(Malformed(stream=chunks + _chunk("{}", finish_reason='"tool_calls"')))

    [call] = [part for part in parts if isinstance(part, ToolCall)]
    assert (call.call_id, call.arguments) == ("1", {})


async def test_arguments_may_come_as_an_object() -> None:
    piece = '{"tool_calls":[{"index":0,"function":{"name":"a","arguments":{"n":1}}}]}'

    parts = await ask(Malformed(stream=_chunk(piece, finish_reason='"stop"')))

    [call] = [part for part in parts if isinstance(part, ToolCall)]
    assert (call.arguments, call.raw_arguments) == ({"n": 1}, '{"n":1}')


async def test_requests_of_an_opened_model_share_a_connection() -> None:
    async with model_server([Answer(text=("ok",))]) as server:
        model = openai_model(server.base_url)
        async with model.opened():
            for _ in range(3):
                await parts_of(model)

    assert server.connections == 1


def test_neither_importing_nor_making_the_model_needs_the_sdk() -> None:
    code = (
        "import sys; from adapters.llm.openai_model import OpenAIModel;"
        "OpenAIModel(api_key='k', base_url=None, model='m'); sys.exit('openai' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


async def ask(reply: Reply) -> list[ModelPart]:
    async with model_server([reply]) as server:
        return await parts_of(openai_model(server.base_url))


async def parts_of(model: OpenAIModel, request: ModelRequest = HELLO) -> list[ModelPart]:
    with anyio.fail_after(PATIENCE_S):
        return [part async for part in model.stream(request)]


def openai_model(base_url: str) -> OpenAIModel:
    return OpenAIModel(api_key="k", base_url=base_url, model="gpt-x")


def sent_call(call_id: str, arguments: str) -> dict[str, object]:
    function = {"name": "shell", "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function}


def _chunk(delta: str, *, finish_reason: str = "null") -> str:
    return f'data: {{"choices":[{{"delta":{delta},"finish_reason":{finish_reason}}}]}}\n\n'
