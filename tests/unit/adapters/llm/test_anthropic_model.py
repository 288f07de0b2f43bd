"""Requests to a server of Anthropic's Messages, and how its answers are read."""

import subprocess
import sys

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
from tests.model_apis import HELLO, KEY, LS, MESSAGES, SHELL, ModelOptions
from tests.model_replies import Answer, AskedCall
from tests.patience import PATIENCE_S

BROKEN = ToolCall(call_id=CallId("b:1"), tool_name="shell", arguments=None, raw_arguments="{oops")


async def test_a_conversation_is_sent_in_the_format_of_the_server() -> None:
    request = ModelRequest(
        messages=[
            SystemMessage(content="be good"),
            SystemMessage(content="be brief"),
            UserMessage(content="list"),
            AssistantMessage(content=" ", tool_calls=[LS, BROKEN]),
            ToolMessage(call_id=CallId("a"), content="a.py"),
            ToolMessage(call_id=CallId("b:1"), content=""),
            UserMessage(content="and now?"),
            AssistantMessage(content=""),
            UserMessage(content="well?"),
        ],
        tools=[SHELL],
        model="claude-y",
    )
    async with MESSAGES.by(Answer(text=("ok",))) as (model, server):
        [part async for part in model.stream(request)]

    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert server.headers[0][":"] == "POST /v1/messages HTTP/1.1"
    assert server.requests == [
        {
            "model": "claude-y",
            "max_tokens": 32_000,
            "stream": True,
            "system": "be good\n\nbe brief",
            "messages": [
                {"role": "user", "content": [text("list")]},
                {
                    "role": "assistant",
                    "content": [tool_use("a", {"command": "ls"}), tool_use("b_1", {})],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "a", "content": [text("a.py")]},
                        {"type": "tool_result", "tool_use_id": "b_1"},
                        text("and now?"),
                        text("well?") | {"cache_control": {"type": "ephemeral"}},
                    ],
                },
            ],
            "tools": [
                {"name": "shell", "description": "Run it.", "input_schema": {"type": "object"}}
            ],
        }
    ]


async def test_signed_reasoning_is_sent_back_before_its_call() -> None:
    call = AskedCall(tool_name="shell", arguments="{}", call_id="a")
    first = Answer(reasoning=("hm", "m"), calls=(call,))
    async with MESSAGES.by(first, Answer(text=("ok",))) as (model, server):
        parts = [part async for part in model.stream(HELLO)]
        [keep] = [part for part in parts if isinstance(part, KeptReasoning)]
        calls = [part for part in parts if isinstance(part, ToolCall)]
        answer = AssistantMessage(content="", tool_calls=calls, kept_reasoning=keep.data)
        longer = [*HELLO.messages, answer, ToolMessage(call_id=CallId("a"), content="x")]
        [part async for part in model.stream(ModelRequest(messages=longer, tools=[]))]

    assert parts[:2] == [ReasoningDelta(text="hm"), ReasoningDelta(text="m")]
    messages = server.requests[1]["messages"]
    assert isinstance(messages, list)
    thought = {"type": "thinking", "thinking": "hmm", "signature": "signed"}
    assert messages[1] == {"role": "assistant", "content": [thought, tool_use("a", {})]}


async def test_reasoning_is_requested_with_its_effort() -> None:
    async with MESSAGES.by(Answer(), options=ModelOptions(effort="high")) as (model, server):
        [part async for part in model.stream(HELLO)]

    asked = server.requests[0]
    assert asked["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert asked["output_config"] == {"effort": "high"}


async def test_usage_counts_cached_tokens_as_input() -> None:
    usage: dict[str, object] = {
        "input_tokens": 10,
        "output_tokens": 20,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 40,
        "output_tokens_details": {"thinking_tokens": 8},
    }

    parts = await ask(Answer(text=("ok",), usage=usage))

    assert parts == [
        TextDelta(text="ok"),
        ModelUsage(
            model="loopback",
            usage=Usage(
                input_tokens=350,
                output_tokens=20,
                total_tokens=370,
                cached_input_tokens=300,
                reasoning_tokens=8,
            ),
            cache_written_tokens=40,
        ),
    ]


def test_neither_importing_nor_making_the_model_needs_the_sdk() -> None:
    code = (
        "import sys; from adapters.llm.anthropic_model import AnthropicModel;"
        "AnthropicModel(api_key='k', base_url=None, model='m');"
        "sys.exit('anthropic' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


async def ask(answer: Answer) -> list[ModelPart]:
    async with MESSAGES.by(answer) as (model, _):
        with anyio.fail_after(PATIENCE_S):
            return [part async for part in model.stream(HELLO)]


def text(content: str) -> dict[str, object]:
    return {"type": "text", "text": content}


def tool_use(call_id: str, arguments: dict[str, object]) -> dict[str, object]:
    return {"type": "tool_use", "id": call_id, "name": "shell", "input": arguments}
