"""What every language model promises, whoever answers behind it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from inspect import isasyncgen

import anyio
import pytest

from adapters.llm.scripted_model import ScriptedModel
from domain.errors import ModelRefused
from ports.language_model import (
    AssistantMessage,
    KeptReasoning,
    LanguageModel,
    ModelMessage,
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
from ports.tool import ToolSpec
from tests.model_apis import CHAT, SERVED, ModelApi
from tests.model_replies import Answer, AskedCall, HttpFault
from tests.patience import PATIENCE_S

SHELL = ToolSpec(
    name="shell",
    description="Run a command.",
    parameters={"type": "object", "properties": {"command": {"type": "string"}}},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the model under test is made to do in answer to every request."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    reasoning: tuple[str, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    model: LanguageModel
    request: ModelRequest


Prepare = Callable[[Wanted], AbstractAsyncContextManager[Subject]]


@asynccontextmanager
async def scripted(wanted: Wanted) -> AsyncIterator[Subject]:
    lines = ["script:", *(f"say {line}" for line in wanted.text.splitlines())]
    lines += [f"tool {name} {arguments}" for name, arguments in wanted.calls]
    lines += [f"fail {wanted.refusal}"] if wanted.refusal else []
    yield Subject(model=ScriptedModel(), request=_request("\n".join(lines)))


CHAT_USAGE: dict[str, object] = {"prompt_tokens": 7, "completion_tokens": 3}


def served_by(served: ModelApi) -> Prepare:
    @asynccontextmanager
    async def prepare(wanted: Wanted) -> AsyncIterator[Subject]:
        calls = [AskedCall(tool_name=name, arguments=raw) for name, raw in wanted.calls]
        answer = Answer(
            text=wanted.text.splitlines(keepends=True),
            reasoning=wanted.reasoning,
            calls=calls,
            usage=CHAT_USAGE if served is CHAT else None,
        )
        refusal = HttpFault(status=400, message=wanted.refusal) if wanted.refusal else None
        async with served.by(refusal or answer) as (model, _), model.opened():
            yield Subject(model=model, request=_request("do it"))

    return prepare


REASONING = [served_by(served) for served in SERVED]


@pytest.fixture(params=[scripted, *REASONING], ids=["scripted", *(one.name for one in SERVED)])
def prepare(request: pytest.FixtureRequest) -> Prepare:
    chosen: Prepare = request.param
    return chosen


async def test_a_model_has_a_name(prepare: Prepare) -> None:
    async with prepare(Wanted(text="hello")) as subject:
        assert subject.model.name


async def test_text_comes_in_order_and_the_stream_ends_with_the_answer(prepare: Prepare) -> None:
    async with prepare(Wanted(text="one two\nthree")) as subject:
        parts = await parts_of(subject)

    assert text_of(parts) == "one two\nthree"


async def test_tool_calls_are_complete_and_in_order(prepare: Prepare) -> None:
    calls = (("shell", '{"command": "ls -la"}'), ("shell", '{"command": "pwd"}'))

    async with prepare(Wanted(text="looking", calls=calls)) as subject:
        parts = await parts_of(subject)

    assert [(call.tool_name, call.arguments) for call in calls_of(parts)] == [
        ("shell", {"command": "ls -la"}),
        ("shell", {"command": "pwd"}),
    ]
    assert [call.raw_arguments for call in calls_of(parts)] == [raw for _, raw in calls]


async def test_each_call_of_an_answer_has_a_unique_id(prepare: Prepare) -> None:
    async with prepare(Wanted(calls=(("shell", "{}"), ("shell", "{}")))) as subject:
        calls = calls_of(await parts_of(subject))

    assert len({call.call_id for call in calls} - {""}) == 2


async def test_no_arguments_are_an_empty_object(prepare: Prepare) -> None:
    async with prepare(Wanted(calls=(("shell", ""),))) as subject:
        [call] = calls_of(await parts_of(subject))

    assert call.arguments == {}


@pytest.mark.parametrize("raw", ['{"command":', "[1]", '{"n": NaN}', '{"n": 1e999}', "ls"])
async def test_arguments_that_are_no_json_object_are_none(prepare: Prepare, raw: str) -> None:
    async with prepare(Wanted(calls=(("shell", raw),))) as subject:
        [call] = calls_of(await parts_of(subject))

    assert (call.arguments, call.raw_arguments) == (None, raw)


async def test_usage_is_reported_once(prepare: Prepare) -> None:
    async with prepare(Wanted(text="hello")) as subject:
        parts = await parts_of(subject)

    [reported] = [part for part in parts if isinstance(part, ModelUsage)]
    usage = reported.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens > 0


async def test_a_refusal_has_the_message_of_the_provider(prepare: Prepare) -> None:
    async with prepare(Wanted(refusal="not today")) as subject:
        with pytest.raises(ModelRefused, match="not today"):
            await parts_of(subject)


async def test_a_stream_may_be_left_early_and_the_model_asked_again(prepare: Prepare) -> None:
    async with prepare(Wanted(text="one\ntwo\nthree")) as subject:
        stream = subject.model.stream(subject.request)
        assert isasyncgen(stream)
        async with aclosing(stream):
            await anext(stream)

        assert text_of(await parts_of(subject)) == "one\ntwo\nthree"


async def test_a_model_answers_several_requests_at_once(prepare: Prepare) -> None:
    async with prepare(Wanted(text="one\ntwo")) as subject:
        one, other = (subject.model.stream(subject.request) for _ in range(2))
        with anyio.fail_after(PATIENCE_S):
            starts = [await anext(one), await anext(other)]
            rests = [[part async for part in one], [part async for part in other]]

    texts = [text_of([start, *rest]) for start, rest in zip(starts, rests, strict=True)]
    assert texts == ["one\ntwo", "one\ntwo"]


async def test_every_kind_of_message_may_be_sent(prepare: Prepare) -> None:
    async with prepare(Wanted(text="done", calls=(("shell", '{"command": "ls"}'),))) as subject:
        [call] = calls_of(await parts_of(subject))
        broken = ToolCall(
            call_id=call.call_id, tool_name="shell", arguments=None, raw_arguments="{oops"
        )
        tool_message = ToolMessage(call_id=call.call_id, content="a lone surrogate: \ud800")
        messages: list[ModelMessage] = [
            *subject.request.messages,
            AssistantMessage(content="", tool_calls=[call]),
            tool_message,
            AssistantMessage(content="again", tool_calls=[broken]),
            tool_message,
        ]
        longer = ModelRequest(messages=messages, tools=[SHELL])
        parts = await parts_of(Subject(model=subject.model, request=longer))

    assert text_of(parts)


@pytest.mark.parametrize("prepare", REASONING, ids=[one.name for one in SERVED])
async def test_reasoning_is_separate_from_the_answer(prepare: Prepare) -> None:
    async with prepare(Wanted(text="so", reasoning=("first ", "this"))) as subject:
        parts = await parts_of(subject)

    reasoned = [part.text for part in parts if isinstance(part, ReasoningDelta)]
    assert (reasoned, text_of(parts)) == (["first ", "this"], "so")


async def test_stored_reasoning_may_be_given_to_any_model(prepare: Prepare) -> None:
    call = (("shell", '{"command": "ls"}'),)
    for other in REASONING:
        async with other(Wanted(calls=call, reasoning=("hm",))) as subject:
            parts = await parts_of(subject)
        [keep] = [part for part in parts if isinstance(part, KeptReasoning)]
        calls = calls_of(parts)
        answer = AssistantMessage(content="", tool_calls=calls, kept_reasoning=keep.data)
        result = ToolMessage(call_id=calls[0].call_id, content="a.py")

        async with prepare(Wanted(text="done")) as subject:
            messages = [*subject.request.messages, answer, result]
            longer = ModelRequest(messages=messages, tools=[SHELL])
            assert text_of(await parts_of(Subject(model=subject.model, request=longer)))


async def parts_of(subject: Subject) -> list[ModelPart]:
    with anyio.fail_after(PATIENCE_S):
        return [part async for part in subject.model.stream(subject.request)]


def text_of(parts: list[ModelPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextDelta))


def calls_of(parts: list[ModelPart]) -> list[ToolCall]:
    return [part for part in parts if isinstance(part, ToolCall)]


def _request(text: str) -> ModelRequest:
    system = SystemMessage(content="You are tested.")
    return ModelRequest(messages=[system, UserMessage(content=text)], tools=[SHELL])
