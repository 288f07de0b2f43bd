import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest

from domain.agent_profile import AgentProfile, HandOver
from domain.agent_thread import AgentThread
from domain.errors import LeaseLost
from domain.ids import AgentName, TaskId
from domain.process_events import Log, ProcessExited, ProcessStarted
from domain.workspace_events import SandboxStatus
from ports.process import Command, Exit
from ports.runner import Completed, Failed, Outcome
from tests.command_runner_fakes import command_runner
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext, process_task

NO_SANDBOX = SandboxStatus(
    sandbox_id="task_1",
    status="running",
    kind="none",
    message="The process has all the rights of the server.",
)
SHELL = AgentProfile(name=AgentName("shell"), kind="shell")


class StubbornProcess(FakeProcess):
    """Does not end when it is only asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.was_asked = asyncio.Event()

    async def stop(self, *, grace_s: float) -> Exit:
        if grace_s > 0:
            self.graces.append(grace_s)
            self.was_asked.set()
            await asyncio.Event().wait()
        return await super().stop(grace_s=grace_s)


class SlowHost(FakeProcessHost):
    """Never comes to the point where its process runs."""

    @asynccontextmanager
    async def start(self, command: Command) -> AsyncIterator[FakeProcess]:
        await asyncio.Event().wait()
        async with super().start(command) as process:
            yield process


async def test_a_shell_task_is_logged_from_its_start_to_its_exit() -> None:
    process, context = FakeProcess(), RecordingContext(profile=SHELL)
    process.emit("one\r\n\x1b[31mtwo")
    process.emit("\x1b[0m\n")
    process.end()

    outcome = await _run("make", process, context)

    assert outcome == Completed(final_answer="two", exit_code=0)
    assert context.events == [
        ProcessStarted(pid=4242, command="make", cwd="/workspace", pty=True, sandbox="none"),
        NO_SANDBOX,
        Log(line="one", line_num=1, stream="pty"),
        Log(line="\x1b[31mtwo\x1b[0m", line_num=2, stream="pty", text="two"),
        ProcessExited(duration_ms=0, exit_code=0),
    ]


async def test_the_text_of_a_shell_task_is_one_argument_of_the_shell() -> None:
    process, context = FakeProcess(), RecordingContext(profile=SHELL)
    process.end()
    host = FakeProcessHost(process)

    await command_runner(host).run(process_task("echo $(id); ls"), context)

    assert host.commands == [
        Command(
            argv=("/bin/sh", "-c", "echo $(id); ls"),
            cwd="/workspace",
            task_id=TaskId("task_1"),
            pty=True,
        )
    ]


@pytest.mark.parametrize(
    ("hand_over", "argv"), [("argument", ("x", "-p", "hi")), ("none", ("x", "-p"))]
)
async def test_a_command_gets_the_text_as_its_last_argument_if_its_profile_has_it_so(
    hand_over: HandOver, argv: tuple[str, ...]
) -> None:
    profile = AgentProfile(
        name=AgentName("x"),
        kind="command",
        argv=("x", "-p"),
        hand_over=hand_over,
        pty=False,
        env={"A": "b"},
        env_passthrough=("KEY",),
        sandbox="require",
        network="host",
    )
    process = FakeProcess()
    process.end()
    host = FakeProcessHost(process)

    await command_runner(host).run(process_task("hi"), RecordingContext(profile=profile))

    assert host.commands == [
        Command(
            argv=argv,
            cwd="/workspace",
            task_id=TaskId("task_1"),
            pty=False,
            env={"A": "b"},
            env_passthrough=("KEY",),
            sandbox="require",
            network="host",
        )
    ]


async def test_a_profile_without_a_command_cannot_start() -> None:
    profile = AgentProfile(name=AgentName("x"), kind="command")

    outcome = await _run("hi", FakeProcess(), RecordingContext(profile=profile))

    assert isinstance(outcome, Failed)
    assert (outcome.reason, outcome.exit_code) == ("start_failed", None)
    assert "'x' names no command" in outcome.error


@pytest.mark.parametrize(
    ("ended", "outcome", "exited"),
    [
        (
            Exit(code=3),
            Failed(error="The command ended with exit code 3.", reason="exit_code", exit_code=3),
            ProcessExited(duration_ms=0, exit_code=3),
        ),
        (
            Exit(signal=9, leaked_pids=[7, 8]),
            Failed(
                error="The command was ended by signal 9 (SIGKILL).",
                reason="exit_code",
                exit_code=137,
            ),
            ProcessExited(duration_ms=0, signal=9, leaked_pids=(7, 8)),
        ),
    ],
)
async def test_an_exit_that_is_no_success_fails_the_task(
    ended: Exit, outcome: Outcome, exited: ProcessExited
) -> None:
    process, context = FakeProcess(), RecordingContext(profile=SHELL)
    process.end(ended)

    assert await _run("false", process, context) == outcome
    assert context.events[-1] == exited


async def test_lines_are_numbered_over_both_streams_and_keep_their_pieces_together() -> None:
    process, context = FakeProcess(), RecordingContext(profile=SHELL)
    process.emit("x" * 40_000, "stdout")
    process.emit("warning\n", "stderr")
    process.emit("y\nlast", "stdout")
    process.end()

    await _run("make", process, context)

    assert context.logs == [
        Log(line="x" * 32768, line_num=1, stream="stdout", partial=True),
        Log(line="warning", line_num=2, stream="stderr"),
        Log(line="x" * 7232 + "y", line_num=1, stream="stdout"),
        Log(line="last", line_num=3, stream="stdout"),
    ]


async def test_a_prompt_is_shown_although_its_line_is_not_finished() -> None:
    process, context = FakeProcess(), RecordingContext(profile=SHELL)
    process.emit("name? ")

    async with asyncio.TaskGroup() as group:
        run = group.create_task(_run("ask", process, context))
        await context.until(lambda: len(context.logs) == 1)
        process.emit("Ada\n")
        process.end()

    assert context.logs == [
        Log(line="name? ", line_num=1, stream="pty", partial=True),
        Log(line="Ada", line_num=1, stream="pty"),
    ]
    assert run.result() == Completed(final_answer="name? Ada", exit_code=0)


async def test_a_progress_bar_is_shown_at_most_twenty_times_a_second() -> None:
    clock = FakeClock()
    process = FakeProcess(before_each=lambda: clock.advance(0.01))
    context = RecordingContext(profile=SHELL)
    for percent in range(101):
        process.emit(f"\r{percent}%")
    process.end()

    runner = command_runner(FakeProcessHost(process), clock=clock)
    outcome = await runner.run(process_task("bar"), context)

    assert outcome == Completed(final_answer="100%", exit_code=0)
    assert 15 <= len(context.logs) <= 22
    assert {log.line_num for log in context.logs} == {1}
    assert [log.partial for log in context.logs[-2:]] == [True, None]


async def test_a_flood_of_lines_keeps_every_number() -> None:
    process, context = FakeProcess(), RecordingContext(profile=SHELL)
    text = "".join(f"line {number}\n" for number in range(1, 2001))
    for start in range(0, len(text), 997):
        process.emit(text[start : start + 997])
    process.end()

    await _run("seq", process, context)

    assert context.logs == [
        Log(line=f"line {number}", line_num=number, stream="pty") for number in range(1, 2001)
    ]


@pytest.mark.parametrize(("grace_s", "signal"), [(5.0, 15), (0.0, 9)])
async def test_a_cancelled_run_stops_its_process_and_reports_how_it_ended(
    grace_s: float, signal: int
) -> None:
    process = FakeProcess()
    context = RecordingContext(profile=SHELL, grace_s=grace_s)
    process.emit("working\nhalf")
    run = asyncio.ensure_future(_run("sleep", process, context))
    await context.until(lambda: len(context.logs) == 1)

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert process.graces == [grace_s]
    assert process.was_left
    assert context.events[2:] == [
        Log(line="working", line_num=1, stream="pty"),
        Log(line="half", line_num=2, stream="pty"),
        ProcessExited(duration_ms=0, signal=signal),
    ]


async def test_a_run_that_is_killed_while_it_ends_reports_how_it_ended() -> None:
    process = StubbornProcess()
    context = RecordingContext(profile=SHELL)
    process.emit("working\n")
    run = asyncio.ensure_future(_run("sleep", process, context))
    await context.until(lambda: len(context.logs) == 1)

    run.cancel()
    with anyio.fail_after(PATIENCE_S):
        await process.was_asked.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert process.graces == [5.0, 0.0]
    assert context.events[-1] == ProcessExited(duration_ms=0, signal=9)


async def test_a_process_that_is_not_there_in_time_cannot_start() -> None:
    profile = replace(SHELL, start_s=0.01)

    with anyio.fail_after(PATIENCE_S):
        outcome = await command_runner(SlowHost(FakeProcess())).run(
            process_task("hi"), RecordingContext(profile=profile)
        )

    error = "the process was not there after 0.01 s"
    assert outcome == Failed(error=error, reason="start_failed")


async def test_an_agent_that_goes_on_with_conversations_has_a_home_that_stays() -> None:
    profile = replace(SHELL, kind="command", argv=("x",), resume_argv=("x", "{thread}"))
    process = FakeProcess()
    process.end()
    host = FakeProcessHost(process)

    await command_runner(host).run(
        process_task("hi"), RecordingContext(profile=profile, thread=AgentThread(id="t-1"))
    )

    assert [(command.home, command.argv) for command in host.commands] == [
        ("/homes/shell", ("x", "t-1", "hi"))
    ]


async def test_a_run_that_lost_its_lease_leaves_its_process_at_once() -> None:
    process = FakeProcess()
    context = RecordingContext(profile=SHELL, fails_with=lambda event: _lost(event))
    process.emit("line\n")

    with anyio.fail_after(PATIENCE_S), pytest.raises(LeaseLost):
        await _run("yes", process, context)

    assert process.graces == []
    assert process.was_left


def _lost(event: object) -> Exception | None:
    return LeaseLost("gone") if isinstance(event, Log) else None


async def _run(text: str, process: FakeProcess, context: RecordingContext) -> Outcome:
    with anyio.fail_after(PATIENCE_S):
        return await command_runner(FakeProcessHost(process)).run(process_task(text), context)
