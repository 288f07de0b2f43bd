"""What a process writes reaches the log file and the events without secrets, and whole."""

import asyncio
from dataclasses import replace

from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.process_events import Log
from domain.redaction import Redactor
from ports.process import Exit
from tests.command_runner_fakes import FakeOutputArchive, command_runner
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext, process_task

SHELL = AgentProfile(name=AgentName("shell"), kind="shell", pty=False)
TASK = process_task("make")


async def test_a_secret_split_over_reads_is_masked_in_events_and_log_file() -> None:
    process, context, archive = FakeProcess(), _context(), FakeOutputArchive()
    for text in ("it is top-", "sec", "ret!\nand top"):
        process.emit(text, stream="stdout")
    process.end()

    await command_runner(FakeProcessHost(process), archive=archive).run(TASK, context)

    assert [log.line for log in context.logs] == ["it is [redacted]!", "and top"]
    assert archive.kept[TASK.task_id].text == "it is [redacted]!\nand top"


async def test_streams_are_not_mixed() -> None:
    process, context = FakeProcess(), _context()
    process.emit("top-", stream="stdout")
    process.emit("secret\n", stream="stderr")
    process.end(Exit(code=0))

    await command_runner(FakeProcessHost(process)).run(TASK, context)

    assert [replace(log, line_num=0) for log in context.logs] == [
        Log(line="secret", line_num=0, stream="stderr"),
        Log(line="top-", line_num=0, stream="stdout"),
    ]


async def test_output_that_was_held_back_is_shown_when_the_run_is_cancelled() -> None:
    process, context, archive = FakeProcess(), _context(), FakeOutputArchive()
    process.emit("first\nmore to", stream="stdout")
    runner = command_runner(FakeProcessHost(process), archive=archive)

    run = asyncio.ensure_future(runner.run(TASK, context))
    await context.until(lambda: len(context.logs) == 1)
    run.cancel()
    await asyncio.wait((run,))

    assert [log.line for log in context.logs] == ["first", "more to"]
    assert archive.kept[TASK.task_id].text == "first\nmore to"


def _context() -> RecordingContext:
    return RecordingContext(profile=SHELL, redactor=Redactor(["top-secret"]))
