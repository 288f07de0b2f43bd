"""The ReAct agent's tool calls: side by side, in pairs, and never the end of the task."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import anyio
import pytest

from application.react.text_joiner import MAX_CHARS
from application.react.tool_outcome import MAX_RESULT_CHARS
from domain.errors import LogUnavailable, ToolError
from domain.thinking_events import IterationComplete
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream, ToolEvent
from ports.language_model import TextDelta, ToolMessage
from ports.runner import Completed
from ports.tool import ToolContext, ToolResult
from tests.patience import PATIENCE_S
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    FakeTool,
    ok,
    react_runner,
    react_task,
    tool_call,
)

ANSWER = [TextDelta(text="done")]


async def test_the_calls_of_one_answer_are_carried_out_side_by_side() -> None:
    both_run = asyncio.Barrier(2)

    async def meet(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        await both_run.wait()
        return ToolResult(content="met")

    context = FakeContext()
    model = FakeModel([tool_call("meet", "m1"), tool_call("meet", "m2")], ANSWER)

    with anyio.fail_after(PATIENCE_S):
        await react_runner(model, FakeTool("meet", meet)).run(react_task(), context)

    starts = [event.call_id for event in context.events if isinstance(event, ToolCallStart)]
    assert starts == ["call_000001", "call_000002"]
    assert [message.content for message in results_of(model)] == ["met", "met"]
    assert [message.call_id for message in results_of(model)] == ["m1", "m2"]


async def test_what_a_tool_shows_while_it_works_comes_between_start_and_complete() -> None:
    async def talk(_: Mapping[str, object], context: ToolContext) -> ToolResult:
        for chunk in ("a", "b", "x" * MAX_CHARS):
            await context.stream(chunk)
        return ToolResult(content="said", truncated=True)

    context = FakeContext()
    model = FakeModel([tool_call("talk")], ANSWER)

    await react_runner(model, FakeTool("talk", talk)).run(react_task(), context)

    start, *streams, complete = tool_events(context)
    chunks = [event.chunk for event in streams if isinstance(event, ToolCallStream)]
    assert start == ToolCallStart(call_id="call_000001", tool_name="talk", arguments={})
    assert "".join(chunks) == "ab" + "x" * MAX_CHARS
    assert max(map(len, chunks)) <= MAX_CHARS
    assert complete == ToolCallComplete(
        call_id="call_000001",
        tool_name="talk",
        status="ok",
        result="said",
        truncated=True,
        duration_ms=0,
    )


async def test_a_tool_that_does_not_succeed_is_an_error_the_model_reads() -> None:
    async def fail(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        return ToolResult(content="exit code 1", is_error=True)

    model = FakeModel([tool_call("fail")], ANSWER)

    complete = await complete_of(model, FakeTool("fail", fail))

    assert (complete.status, complete.result, complete.error) == ("error", "exit code 1", None)
    assert [message.content for message in results_of(model)] == ["exit code 1"]


async def test_the_error_of_a_tool_is_its_result() -> None:
    async def refuse(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        raise ToolError("no such file: a.txt")

    model = FakeModel([tool_call("read_file")], ANSWER)

    complete = await complete_of(model, FakeTool("read_file", refuse))

    assert (complete.status, complete.error) == ("error", "no such file: a.txt")
    assert [message.content for message in results_of(model)] == ["Error: no such file: a.txt"]


async def test_a_bug_in_a_tool_does_not_end_the_task() -> None:
    async def crash(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        raise RuntimeError("a secret detail")

    complete = await complete_of(FakeModel([tool_call("crash")], ANSWER), FakeTool("crash", crash))

    assert (complete.status, complete.error) == ("error", "the tool failed unexpectedly")


async def test_the_error_of_an_unknown_tool_lists_the_tools() -> None:
    model = FakeModel([tool_call("rm_rf")], ANSWER)

    complete = await complete_of(model, FakeTool("ls", ok))

    assert (complete.status, complete.error) == (
        "error",
        "there is no tool 'rm_rf'; there are: ls",
    )
    assert results_of(model)[0].content.startswith("Error: there is no tool 'rm_rf'")


async def test_arguments_that_are_no_object_are_not_carried_out() -> None:
    broken = replace(tool_call("ls"), arguments=None, raw_arguments='{"path": ')
    model = FakeModel([broken], ANSWER)

    complete = await complete_of(model, FakeTool("ls", ok))

    assert (complete.status, complete.error) == (
        "error",
        'the arguments are no JSON object: {"path": ',
    )


async def test_a_long_result_is_cut_and_marked() -> None:
    async def flood(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        return ToolResult(content="x" * (MAX_RESULT_CHARS + 1))

    model = FakeModel([tool_call("flood")], ANSWER)

    complete = await complete_of(model, FakeTool("flood", flood))

    rest = "x" * MAX_RESULT_CHARS
    assert (complete.result, complete.truncated) == (rest, True)
    assert results_of(model)[0].content == f"{rest}\n[this is not all: the result was cut]"


async def test_a_result_is_kept_whole_unless_it_was_streamed() -> None:
    async def flood(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        return ToolResult(content="x" * (MAX_RESULT_CHARS + 1))

    async def run(_: Mapping[str, object], context: ToolContext) -> ToolResult:
        await context.stream("out", of="stdout")
        await context.stream("err", of="stderr")
        return ToolResult(content="outerr\n[exit code 1]", whole="")

    context = FakeContext()
    model = FakeModel([tool_call("flood", "m1")], [tool_call("run", "m2")], ANSWER)

    await react_runner(model, FakeTool("flood", flood), FakeTool("run", run)).run(
        react_task(), context
    )

    assert context.outputs == {"call_000001": "x" * (MAX_RESULT_CHARS + 1), "call_000002": ""}
    streamed = [event for event in context.events if isinstance(event, ToolCallStream)]
    assert [(event.stream, event.chunk) for event in streamed] == [
        ("stdout", "out"),
        ("stderr", "err"),
    ]


async def test_cancelled_calls_are_completed_as_such() -> None:
    async def hang(_: Mapping[str, object], context: ToolContext) -> ToolResult:
        await context.stream("working")
        await anyio.sleep_forever()
        raise AssertionError

    context = FakeContext()
    model = FakeModel([tool_call("hang")])

    async with asyncio.TaskGroup() as group:
        run = group.create_task(
            react_runner(model, FakeTool("hang", hang)).run(react_task(), context)
        )
        with anyio.fail_after(PATIENCE_S):
            await context.until_emitted(ToolCallStream)
        run.cancel()

    assert run.cancelled()
    assert context.events[-2:] == [
        ToolCallComplete(
            call_id="call_000001",
            tool_name="hang",
            status="error",
            result="",
            error="cancelled while it was carried out: it may have had its effect in part, "
            "look before doing it again",
            duration_ms=0,
        ),
        IterationComplete(iteration=1, tool_calls=1, tokens_used=0),
    ]


async def test_a_log_out_of_reach_stops_every_call_with_that_error() -> None:
    stopped = anyio.Event()

    async def hang(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        try:
            await anyio.sleep_forever()
        finally:
            stopped.set()
        raise AssertionError

    async def talk(_: Mapping[str, object], context: ToolContext) -> ToolResult:
        await context.stream("hello")
        await anyio.sleep_forever()
        raise AssertionError

    def gone(event: object) -> Exception | None:
        return LogUnavailable("gone") if isinstance(event, ToolCallStream) else None

    model = FakeModel([tool_call("hang", "m1"), tool_call("talk", "m2")])
    runner = react_runner(model, FakeTool("hang", hang), FakeTool("talk", talk))

    with anyio.fail_after(PATIENCE_S), pytest.raises(LogUnavailable):
        await runner.run(react_task(), FakeContext(fails_with=gone))

    assert stopped.is_set()


async def complete_of(model: FakeModel, tool: FakeTool) -> ToolCallComplete:
    context = FakeContext()
    outcome = await react_runner(model, tool).run(react_task(), context)

    assert outcome == Completed(final_answer="done", total_iterations=2)
    [complete] = [event for event in context.events if isinstance(event, ToolCallComplete)]
    return complete


def results_of(model: FakeModel) -> list[ToolMessage]:
    """The results of its calls that the second request has."""
    return [message for message in model.requests[1].messages if isinstance(message, ToolMessage)]


def tool_events(context: FakeContext) -> list[ToolEvent]:
    return [event for event in context.events if isinstance(event, ToolEvent)]
