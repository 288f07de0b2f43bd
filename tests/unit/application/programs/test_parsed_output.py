"""Agents whose output a parser understands."""

import asyncio

import anyio
import pytest

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.programs.line_findings import LineExtraction, LineFindings
from application.programs.output_log import OutputLog
from application.programs.parsed_output import ParsedOutput
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.extraction import ExtractionRule
from domain.ids import AgentName
from domain.limits import Limits
from domain.process_events import Extraction, Log, ProcessExited, SchemaDrift
from domain.thinking_events import Message
from ports.process import Exit, Output
from ports.runner import Completed, Failed, Outcome
from tests.command_runner_fakes import FakeOutputArchive, WordParser, command_runner
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext, process_task

AGENT = AgentProfile(name=AgentName("worder"), kind="worder", argv=("worder",), pty=False)
OWED = Message(message_id="last", role="assistant", content="owed")
DONE = Completed(final_answer="done", total_iterations=2)


async def test_what_is_understood_becomes_events_and_the_rest_is_logged() -> None:
    process, context = FakeProcess(), RecordingContext(profile=AGENT)
    process.emit("say he", "stdout")
    process.emit("careful\n", "stderr")
    process.emit("llo\nnonsense\nend\n", "stdout")
    process.end()
    archive = FakeOutputArchive()

    outcome = await _run(process, context, archive=archive)

    assert outcome == Completed(final_answer="done", total_iterations=2, exit_code=0)
    assert context.events[2:] == [
        Log(line="careful", line_num=1, stream="stderr"),
        _message("hello"),
        Log(line="nonsense", line_num=3, stream="stdout"),
        OWED,
        ProcessExited(duration_ms=0, exit_code=0),
    ]
    assert [kept.text for kept in archive.kept.values()] == ["say hecareful\nllo\nnonsense\nend\n"]


async def test_a_last_line_without_an_end_is_understood_too() -> None:
    process, context = FakeProcess(), RecordingContext(profile=AGENT)
    process.emit("say hello", "stdout")
    process.end()

    await _run(process, context)

    assert context.events[2:-1] == [_message("hello"), OWED]


async def test_a_conversation_is_kept_as_soon_as_it_is_known() -> None:
    process, context = FakeProcess(), RecordingContext(profile=AGENT)
    process.emit("thread t-1\nsay hello\n", "stdout")

    run = asyncio.ensure_future(_run(process, context))
    await context.until(lambda: _message("hello") in context.events)
    kept_before_its_end = context.thread
    process.end()
    await run

    assert kept_before_its_end == AgentThread(id="t-1")


async def test_a_line_that_is_too_long_is_logged_in_pieces_and_reported_once() -> None:
    context = RecordingContext(profile=AGENT)
    output = _output(context, longest_chars=10)

    for text in ("say 0123456", "789\nsay a\nsay 01234567890\n"):
        await output.take(Output(stream="stdout", text=text))
    await output.end()

    assert context.events == [
        SchemaDrift(source="worder", what="a line that is too long to be understood"),
        Log(line="say 0123456789", line_num=1, stream="stdout"),
        _message("a"),
        Log(line="say 01234567890", line_num=3, stream="stdout"),
        OWED,
    ]


async def test_rules_search_messages_and_documents() -> None:
    rules = (
        ExtractionRule(name="number", pattern=r"\d+"),
        ExtractionRule(name="cost", json_path="$.cost"),
    )
    context = RecordingContext(profile=AGENT)
    output = _output(context, rules=rules)

    await output.take(Output(stream="stdout", text="say a 1\nsay b 2\n"))
    await output.take(Output(stream="stdout", text='{"cost": 3}\n'))
    await output.take(Output(stream="stderr", text="failed 4 times\n"))

    assert context.events == [
        _message("a 1"),
        _found("number", "1", 1),
        _message("b 2"),
        _found("number", "2", 2),
        Log(line='{"cost": 3}', line_num=3, stream="stdout"),
        _found("number", "3", 3),
        Extraction(rule="cost", value=3, line_num=3),
        Log(line="failed 4 times", line_num=4, stream="stderr"),
        _found("number", "4", 4),
    ]


async def test_rules_see_a_line_whole_that_was_shown_in_pieces() -> None:
    rules = (ExtractionRule(name="word", pattern=r"a\w+z"),)
    context = RecordingContext(profile=AGENT)
    findings = _findings(context, rules)
    log = OutputLog(findings.emit_all, FakeClock())

    await log.take(Output(stream="pty", text="abc"))
    await log.show_unfinished()
    await log.take(Output(stream="pty", text="xyz\n" + "-" * 40_000 + "another_z\n"))
    await log.end()

    found = [event for event in context.events if isinstance(event, Extraction)]
    assert found == [_found("word", "abcxyz", 1), _found("word", "another_z", 2)]
    assert isinstance(context.events[2], Extraction)


@pytest.mark.parametrize("most", [None, 100])
async def test_lines_that_are_understood_count_as_output(most: int | None) -> None:
    process = FakeProcess()
    context = RecordingContext(profile=AGENT, limits=Limits(output_bytes=most))
    process.emit("say 0123456789\n" * 20, "stdout")
    process.emit("end\n", "stdout")
    if most is None:
        process.end()

    outcome = await _run(process, context)

    assert process.graces == ([] if most is None else [5.0])
    assert (outcome == Completed(final_answer="done", total_iterations=2, exit_code=0)) == (
        most is None
    )
    if most is not None:
        error = "the task went over its limit of output"
        assert outcome == Failed(error=error, reason="limit.output")


async def test_an_agent_that_reports_no_end_has_failed() -> None:
    process, context = FakeProcess(), RecordingContext(profile=AGENT)
    process.emit("Please log in first.\n", "stderr")
    process.end(Exit(code=0))

    assert await _run(process, context) == Failed(
        error="The agent ended without a result. Please log in first.",
        reason="agent_error",
        exit_code=0,
    )


async def _run(
    process: FakeProcess, context: RecordingContext, *, archive: FakeOutputArchive | None = None
) -> Outcome:
    runner = command_runner(
        FakeProcessHost(process), archive=archive, parsers={"worder": WordParser(outcome=DONE)}
    )
    with anyio.fail_after(PATIENCE_S):
        return await runner.run(process_task("hi", agent="worder"), context)


def _output(
    context: RecordingContext,
    *,
    rules: tuple[ExtractionRule, ...] = (),
    longest_chars: int = 1000,
) -> ParsedOutput:
    findings = _findings(context, rules)
    return ParsedOutput(
        WordParser(outcome=DONE),
        source="worder",
        log=OutputLog(findings.emit_all, FakeClock()),
        findings=findings,
        context=context,
        longest_chars=longest_chars,
    )


def _findings(context: RecordingContext, rules: tuple[ExtractionRule, ...]) -> LineFindings:
    return LineFindings(context, LineExtraction(rules, RegexPatternMatcher()))


def _message(content: str) -> AgentEvent:
    return Message(message_id="m", role="assistant", content=content)


def _found(rule: str, value: str, line_num: int) -> Extraction:
    return Extraction(rule=rule, value=value, line_num=line_num)
