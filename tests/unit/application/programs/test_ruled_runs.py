"""Programs whose profile has rules for failures, answers and conversations, and a setup."""

import asyncio
from dataclasses import replace

import anyio
import pytest

from domain.agent_profile import AgentProfile
from domain.agent_thread import LATEST, AgentThread
from domain.extraction import FailureRule, OutputRule
from domain.ids import AgentName
from domain.process_events import Log, ProcessExited, ProcessStarted
from domain.task_events import Error
from domain.thinking_events import Message
from ports.homes import Homes
from ports.process import Exit
from ports.runner import Completed, Failed, Outcome
from tests.command_runner_fakes import FakeHomes, WordParser, command_runner
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext, process_task

AGENT = AgentProfile(name=AgentName("x"), kind="command", argv=("x", "{task}"), pty=False)
REFUSED = FailureRule(pattern="^refused: (?P<message>.*)", reason="model_error")
FAILING = replace(AGENT, failure=(REFUSED,))
NAMED = replace(
    AGENT, resume_argv=("x", "-r", "{thread}", "{task}"), thread=OutputRule(pattern="id=(.*)")
)
CONTINUED = replace(AGENT, resume_argv=("x", "--continue", "{task}"))
SET_UP = replace(AGENT, setup_argv=("/bin/prepare", "it"), keeps_stdin=True, pty=True)


@pytest.mark.parametrize("code", [0, 1])
async def test_a_line_that_looks_like_a_failure_fails_the_task_whatever_its_exit_code(
    code: int,
) -> None:
    process = _writing("refused: no key\n", "all done\n", code=code)

    outcome, _ = await _run(FAILING, process)

    assert outcome == Failed(error="no key", reason="model_error", exit_code=code)


async def test_a_failure_is_looked_for_on_standard_error_too() -> None:
    process = FakeProcess()
    process.emit("answer\nrefu", "stdout")
    process.emit("refused: no", "stderr")
    process.emit("sed: not one line\n", "stdout")
    process.end()

    outcome, _ = await _run(replace(FAILING, failure=(FailureRule(pattern="^refused"),)), process)

    assert outcome == Failed(error="refused: not one line", reason="agent_error", exit_code=0)


async def test_a_limit_of_its_process_is_the_reason_before_any_line() -> None:
    process = FakeProcess()
    process.emit("refused: no key\n", "stdout")
    process.end(Exit(signal=9, limit="memory"))

    outcome, _ = await _run(FAILING, process)

    assert isinstance(outcome, Failed)
    assert outcome.reason == "resource_limit"


@pytest.mark.parametrize(
    ("reported", "outcome"),
    [
        (Completed(final_answer="fine"), Failed(error="no", reason="model_error", exit_code=0)),
        (None, Failed(error="no", reason="model_error", exit_code=0)),
        (
            Failed(error="its own word", reason="agent_error"),
            Failed(error="its own word", reason="agent_error", exit_code=0),
        ),
    ],
)
async def test_a_failure_overrides_a_parsed_answer_and_not_a_reported_failure(
    reported: Outcome | None, outcome: Outcome
) -> None:
    profile = replace(FAILING, parser="word")
    process = _writing("say hello\n", "refused: no\n", "end\n")

    found, _ = await _run(profile, process, parser=WordParser(outcome=reported))

    assert found == outcome


async def test_the_answer_is_found_by_the_rule_of_the_profile_and_becomes_a_message() -> None:
    profile = replace(AGENT, answer=OutputRule(json_path="$.text"))
    process = _writing('{"text": "one"}\n', '{"text": "two"}\n', "bye\n")

    outcome, context = await _run(profile, process)

    assert outcome == Completed(final_answer="two", exit_code=0)
    assert [event for event in context.events if not isinstance(event, Log)][2:] == [
        Message(message_id="answer", role="assistant", content="two"),
        ProcessExited(duration_ms=0, exit_code=0),
    ]


async def test_without_an_answer_in_its_place_the_last_line_is_the_answer() -> None:
    profile = replace(AGENT, answer=OutputRule(json_path="$.text"))

    outcome, context = await _run(profile, _writing("only this\n"))

    assert outcome == Completed(final_answer="only this", exit_code=0)
    assert not any(isinstance(event, Message) for event in context.events)


async def test_an_answer_in_a_line_of_half_a_mebibyte_is_found() -> None:
    profile = replace(AGENT, answer=OutputRule(json_path="$.text"))
    line = f'{{"history": "{"x" * 2**19}", "text": "here"}}\n'

    outcome, _ = await _run(profile, _writing(line))

    assert outcome == Completed(final_answer="here", exit_code=0)


async def test_a_conversation_that_names_itself_is_resumed() -> None:
    _, context = await _run(NAMED, _writing("id=s-7\n"))
    _, later = await _run(NAMED, process := _writing("more\n"), thread=context.thread)

    assert context.kept == [AgentThread(id="s-7")]
    assert process.argv == ("x", "-r", "s-7", "hi")
    assert later.thread == AgentThread(id="s-7")


async def test_an_agent_resumes_its_latest_conversation_after_a_task_that_went_well() -> None:
    first, second = _writing("hello\n"), _writing("again\n")

    _, context = await _run(CONTINUED, first)
    await _run(CONTINUED, second, thread=context.thread)

    assert context.thread == LATEST
    assert (first.argv, second.argv) == (("x", "hi"), ("x", "--continue", "hi"))


@pytest.mark.parametrize(
    ("process_lines", "code", "profile"),
    [
        (["cannot begin\n"], 1, CONTINUED),
        (["refused: no key\n"], 0, replace(CONTINUED, failure=(REFUSED,))),
        ([], 0, CONTINUED),
    ],
)
async def test_an_agent_whose_first_task_failed_or_wrote_nothing_starts_over(
    process_lines: list[str], code: int, profile: AgentProfile
) -> None:
    _, context = await _run(profile, _writing(*process_lines, code=code))

    assert context.thread is None


async def test_a_parser_that_finds_no_conversation_leaves_it_to_the_command_to_go_on() -> None:
    profile = replace(CONTINUED, parser="word")
    done = Completed(final_answer="done")

    _, context = await _run(profile, _writing("say a\n", "end\n"), parser=WordParser(outcome=done))
    _, later = await _run(
        profile,
        second := _writing("thread s-1\n", "say b\n", "say c\n", "end\n"),
        thread=context.thread,
        parser=WordParser(outcome=done),
    )
    _, failed = await _run(profile, _writing("broken\n", code=1), parser=WordParser())

    assert (context.kept, second.argv) == ([LATEST], ("x", "--continue", "hi"))
    assert later.kept == [AgentThread(id="s-1")]
    assert failed.thread is None


async def test_a_failure_later_on_leaves_the_conversation() -> None:
    _, context = await _run(CONTINUED, _writing("broken\n", code=1), thread=LATEST)

    assert context.thread == LATEST


async def test_a_task_that_is_stopped_in_its_work_can_be_resumed() -> None:
    process, context = FakeProcess(), RecordingContext(profile=CONTINUED)
    process.emit("working\n", "stdout")
    runner = command_runner(FakeProcessHost(process))
    run = asyncio.ensure_future(runner.run(process_task("hi"), context))
    await context.until(lambda: len(context.logs) == 1)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert context.thread == LATEST


async def test_a_conversation_that_is_gone_is_not_tried_again_and_again() -> None:
    old = AgentThread(id="s-7")

    outcome, context = await _run(NAMED, _writing("session s-7 not found\n", code=1), thread=old)

    assert outcome == Failed(
        error="The command ended with exit code 1. session s-7 not found",
        reason="exit_code",
        exit_code=1,
    )
    assert context.thread is None
    assert context.events[-1] == Error(
        message="the next task begins a new conversation, this one could not be gone on with",
        phase="resume",
        recoverable=True,
    )


async def test_the_latest_conversation_has_no_name_to_fill_in() -> None:
    await _run(NAMED, process := _writing("hello\n"), thread=LATEST)

    assert process.argv == ("x", "hi")


async def test_the_setup_comes_first_in_the_same_home_without_the_task() -> None:
    setup, agent = _writing("cloned\n"), _writing("hello\n")

    outcome, context = await _run(SET_UP, setup, agent)

    assert outcome == Completed(final_answer="hello", exit_code=0)
    assert (setup.argv, agent.argv) == (("/bin/prepare", "it"), ("x", "hi"))
    assert (setup.home, agent.home) == ("/homes/x", "/homes/x")
    assert [event for event in context.events if isinstance(event, ProcessStarted | Log)] == [
        ProcessStarted(
            pid=4242, command="/bin/prepare it", cwd="/workspace", pty=False, sandbox="none"
        ),
        Log(line="cloned", line_num=1, stream="stdout"),
        ProcessStarted(pid=4242, command="x hi", cwd="/workspace", pty=True, sandbox="none"),
        Log(line="hello", line_num=2, stream="stdout"),
    ]


async def test_the_setup_gets_nothing_of_the_task_and_no_input() -> None:
    profile = replace(SET_UP, hand_over="stdin", pty=False)
    host = FakeProcessHost(_writing("cloned\n"), _writing("hello\n"))

    await command_runner(host).run(process_task("hi"), RecordingContext(profile=profile))

    setup, agent = host.commands
    assert (setup.input_text, setup.stdin) == (None, "closed")
    assert (agent.input_text, agent.stdin) == ("hi", "open")
    assert setup.shown_paths == ("/bin/prepare",)


async def test_a_home_is_set_up_once() -> None:
    homes = FakeHomes()

    await _run(SET_UP, _writing("cloned\n"), _writing("hello\n"), homes=homes)
    outcome, _ = await _run(SET_UP, agent := _writing("again\n"), homes=homes)

    assert outcome == Completed(final_answer="again", exit_code=0)
    assert agent.argv == ("x", "hi")


async def test_a_setup_that_fails_is_why_the_task_cannot_start_and_is_done_again() -> None:
    homes = FakeHomes()

    outcome, context = await _run(
        SET_UP, _writing("cloning\n", "no such repository\n", code=128), homes=homes
    )
    await _run(SET_UP, again := _writing("cloned\n"), _writing("hello\n"), homes=homes)

    error = "setup_argv: The command ended with exit code 128. no such repository"
    assert outcome == Failed(error=error, reason="start_failed", exit_code=128)
    assert [event.line for event in context.logs] == ["cloning", "no such repository"]
    assert again.argv == ("/bin/prepare", "it")


async def test_a_setup_that_cannot_be_started_is_named_as_what_keeps_the_task_from_its_start() -> (
    None
):
    context = RecordingContext(profile=SET_UP)

    outcome = await command_runner(FakeProcessHost(refusal="there is no such command")).run(
        process_task("hi"), context
    )

    error = "setup_argv: there is no such command"
    assert outcome == Failed(error=error, reason="start_failed")


async def test_a_setup_that_is_broken_off_is_stopped_and_done_again() -> None:
    setup, homes = FakeProcess(), FakeHomes()
    setup.emit("cloning\n", "stdout")
    context = RecordingContext(profile=SET_UP)
    runner = command_runner(FakeProcessHost(setup), homes=homes)
    run = asyncio.ensure_future(runner.run(process_task("hi"), context))
    await context.until(lambda: len(context.logs) == 1)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert (setup.graces, homes.set_up) == ([5.0], [])
    assert context.events[-1] == ProcessExited(duration_ms=0, signal=15)


class _Process(FakeProcess):
    """Remembers how it was started."""

    argv: tuple[str, ...] = ()
    home: str | None = None


def _writing(*lines: str, code: int = 0) -> _Process:
    process = _Process()
    for line in lines:
        process.emit(line, "stdout")
    process.end(Exit(code=code))
    return process


async def _run(
    profile: AgentProfile,
    *processes: _Process | FakeProcess,
    thread: AgentThread | None = None,
    parser: WordParser | None = None,
    homes: Homes | None = None,
) -> tuple[Outcome, RecordingContext]:
    context = RecordingContext(profile=profile, thread=thread)
    host = FakeProcessHost(*processes)
    parsers = {"word": parser} if parser else None
    runner = command_runner(host, parsers=parsers, homes=homes)
    with anyio.fail_after(PATIENCE_S):
        outcome = await runner.run(process_task("hi"), context)
    for process, command in zip(processes, host.commands, strict=False):
        if isinstance(process, _Process):
            process.argv, process.home = tuple(command.argv), command.home
    return outcome, context
