"""The output of tool calls is archived whole and once, however it is streamed, cut and emitted."""

import pytest

from application.running.call_outputs import CallOutputs
from domain.tool_events import OutputStream, ToolCallComplete, ToolCallStart, ToolCallStream
from tests.command_runner_fakes import ArchivedText

Streamed = list[tuple[OutputStream, str]]


@pytest.mark.parametrize(
    ("streamed", "result", "kept"),
    [
        ([], "found\n", "found\n"),
        ([], "", ""),
        (
            [("stdout", "one\n"), ("stderr", "two\n")],
            "one\n[… 4 characters left out …]",
            "one\ntwo\n",
        ),
        ([("text", "one"), ("text", " two")], "one two three", "one two three"),
        ([("stdout", "one")], "one two", "one two"),
        ([("text", "50 %")], "a page", "50 %\na page"),
        ([("text", "50 %\n")], "a page", "50 %\na page"),
        ([("text", "said \ud800")], "said \ud800 so", "said \ud800 so"),
    ],
)
async def test_a_call_is_kept_once(streamed: Streamed, result: str, kept: str) -> None:
    writer = ArchivedText()
    outputs = CallOutputs(writer, apart=False)

    await _carried_out(outputs, streamed, result)

    assert (writer.calls, writer.text) == ({"call_1": kept}, kept)


@pytest.mark.parametrize(
    ("streamed", "whole", "kept"),
    [
        ([], "a" * 100, "a" * 100),
        ([("text", "50 %")], "a" * 100, "50 %\n" + "a" * 100),
        ([("stdout", "one\n")], "", "one\n"),
    ],
)
async def test_a_result_that_is_cut_before_it_is_emitted_is_kept_whole(
    streamed: Streamed, whole: str, kept: str
) -> None:
    writer = ArchivedText()
    outputs = CallOutputs(writer, apart=False)

    await _carried_out(outputs, streamed, "aaa", whole=whole)

    assert writer.calls == {"call_1": kept}


async def test_what_a_programs_own_output_holds_is_kept_apart_from_it() -> None:
    writer = ArchivedText()

    await _carried_out(CallOutputs(writer, apart=True), [], "found")

    assert (writer.calls, writer.apart, writer.text) == ({"call_1": "found"}, {"call_1"}, "")


async def test_a_call_that_an_earlier_attempt_began_is_kept_too() -> None:
    writer = ArchivedText()

    await CallOutputs(writer, apart=False).take(_complete("the answer"))

    assert writer.calls == {"call_1": "the answer"}


async def _carried_out(
    outputs: CallOutputs, streamed: Streamed, result: str, *, whole: str | None = None
) -> None:
    await outputs.take(ToolCallStart(call_id="call_1", tool_name="x", arguments={}))
    for stream, chunk in streamed:
        await outputs.take(ToolCallStream(call_id="call_1", stream=stream, chunk=chunk))
    if whole is not None:
        outputs.set_whole("call_1", whole)
    await outputs.take(_complete(result))


def _complete(result: str) -> ToolCallComplete:
    return ToolCallComplete(
        call_id="call_1", tool_name="x", status="ok", result=result, duration_ms=1
    )
