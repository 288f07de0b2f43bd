"""What becomes of a task whose agent cannot go on with the session's conversation."""

import asyncio
from contextlib import suppress

import anyio
import pytest

from adapters.cli_agents.codex_parser import CodexParser
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import StorageFull
from domain.events import AgentEvent
from domain.ids import AgentName
from domain.process_events import Log, ProcessExited, ProcessStarted
from domain.task_events import Error
from domain.thinking_events import TokenUsage
from domain.usage import Usage
from domain.workspace_events import SandboxStatus
from ports.process import Exit
from ports.runner import Completed, Failed, Outcome
from tests.command_runner_fakes import WordParser, command_runner
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext, process_task

AGENT = AgentProfile(
    name=AgentName("worder"),
    kind="worder",
    argv=("worder", "{task}"),
    resume_argv=("worder", "--resume={thread}", "{task}"),
    pty=False,
)
OLD, NEW = AgentThread(id="old"), AgentThread(id="new")
RESTARTED = Error(
    message="the agent begins a new conversation, it could not go on with the earlier one",
    phase="resume",
    recoverable=True,
)


async def test_a_lost_conversation_gives_way_to_a_new_one_in_the_same_task() -> None:
    host = FakeProcessHost(_failing("No conversation found"), _working("thread new"))
    context = RecordingContext(profile=AGENT, thread=OLD)

    outcome = await _run(host, context)

    assert outcome == Completed(final_answer="done", exit_code=0)
    assert [(command.argv, command.home) for command in host.commands] == [
        (("worder", "--resume=old", "hi"), "/homes/worder"),
        (("worder", "hi"), "/homes/worder"),
    ]
    assert (context.thread, context.kept) == (NEW, [NEW])


async def test_the_new_start_is_reported_and_the_line_numbers_continue() -> None:
    first, second = _failing("No conversation found"), _working("careful")
    context = RecordingContext(profile=AGENT, thread=OLD)

    await _run(FakeProcessHost(first, second), context)

    emitted = [event for event in context.events if isinstance(event, Log | Error | ProcessExited)]
    assert emitted == [
        Log(line="No conversation found", line_num=1, stream="stderr"),
        ProcessExited(duration_ms=0, exit_code=1),
        RESTARTED,
        Log(line="careful", line_num=2, stream="stdout"),
        ProcessExited(duration_ms=0, exit_code=0),
    ]


async def test_a_new_conversation_that_fails_as_well_is_not_started_again() -> None:
    host = FakeProcessHost(_failing("broken"), _failing("still broken"))
    context = RecordingContext(profile=AGENT, thread=OLD)

    outcome = await _run(host, context)

    error = "The command ended with exit code 1. still broken"
    assert outcome == Failed(error=error, reason="exit_code", exit_code=1)
    assert context.thread == OLD


@pytest.mark.parametrize("words", ["unexpected status 401", "Please log in first"])
async def test_a_login_that_is_missing_leaves_the_conversation(words: str) -> None:
    host = FakeProcessHost(_failing(words))
    context = RecordingContext(profile=AGENT, thread=OLD)

    outcome = await _run(host, context)

    assert outcome == Failed(
        error=f"The command ended with exit code 1. {words}", reason="exit_code", exit_code=1
    )
    assert (context.thread, _has_restarted(context)) == (OLD, False)


async def test_an_agent_that_went_on_and_then_failed_has_failed() -> None:
    process = _failing("No conversation found")
    process.emit("say hello\n", "stdout")
    context = RecordingContext(profile=AGENT, thread=OLD)

    outcome = await _run(FakeProcessHost(process), context)

    assert isinstance(outcome, Failed)
    assert (context.thread, _has_restarted(context)) == (OLD, False)


async def test_an_agent_that_had_no_conversation_is_started_once() -> None:
    host = FakeProcessHost(_failing("No conversation found"))

    outcome = await _run(host, RecordingContext(profile=AGENT))

    assert isinstance(outcome, Failed)
    assert len(host.commands) == 1


async def test_a_resumed_run_that_is_stopped_is_not_started_again() -> None:
    host = FakeProcessHost(FakeProcess())
    context = RecordingContext(profile=AGENT, thread=OLD)
    run = asyncio.ensure_future(_run(host, context))
    await context.until(lambda: any(isinstance(e, ProcessStarted) for e in context.events))

    run.cancel()
    with suppress(asyncio.CancelledError):
        await run

    assert run.cancelled()
    assert (len(host.commands), context.thread, _has_restarted(context)) == (1, OLD, False)


async def test_a_lost_conversation_is_forgotten_also_when_the_new_one_is_stopped() -> None:
    host = FakeProcessHost(_failing("No conversation found"), FakeProcess())
    context = RecordingContext(profile=AGENT, thread=OLD)
    run = asyncio.ensure_future(_run(host, context))
    await context.until(lambda: sum(isinstance(e, SandboxStatus) for e in context.events) == 2)

    run.cancel()
    with suppress(asyncio.CancelledError):
        await run

    assert (len(host.commands), context.thread) == (2, None)


async def test_what_a_conversation_has_used_is_kept_before_it_can_end_the_run() -> None:
    def refuses(event: AgentEvent) -> Exception | None:
        return StorageFull("no room") if isinstance(event, TokenUsage) else None

    context = RecordingContext(profile=AGENT, fails_with=refuses)
    used = '{"type": "turn.completed", "usage": {"input_tokens": 40, "output_tokens": 20}}'
    process = FakeProcess()
    process.emit(f'{{"type": "thread.started", "thread_id": "t-1"}}\n{used}\n', "stdout")
    runner = command_runner(FakeProcessHost(process), parsers={"worder": CodexParser(FakeClock())})

    with anyio.fail_after(PATIENCE_S), pytest.raises(StorageFull):
        await runner.run(process_task("hi", agent="worder"), context)

    sums = Usage(input_tokens=40, output_tokens=20, total_tokens=60)
    assert context.thread == AgentThread(id="t-1", usage=sums)


async def test_a_conversation_that_goes_on_unchanged_is_not_kept_again() -> None:
    context = RecordingContext(profile=AGENT, thread=OLD)

    await _run(FakeProcessHost(_working("thread old", "thread old")), context)

    assert (context.thread, context.kept) == (OLD, [])


def _has_restarted(context: RecordingContext) -> bool:
    return RESTARTED in context.events


def _failing(words: str) -> FakeProcess:
    process = FakeProcess()
    process.emit(f"{words}\n", "stderr")
    process.end(Exit(code=1))
    return process


def _working(*lines: str) -> FakeProcess:
    process = FakeProcess()
    process.emit("".join(f"{line}\n" for line in (*lines, "say hello", "end")), "stdout")
    process.end()
    return process


async def _run(host: FakeProcessHost, context: RecordingContext) -> Outcome:
    parser = WordParser(outcome=Completed(final_answer="done"))
    runner = command_runner(host, parsers={"worder": parser})
    with anyio.fail_after(PATIENCE_S):
        return await runner.run(process_task("hi", agent="worder"), context)
