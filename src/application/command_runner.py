"""Carries out a task by running a command and logging what it writes."""

import asyncio
from collections.abc import Mapping

from application.command_line import command_of, shown_command
from application.output_chunks import OutputChunks
from application.output_log import OutputLog
from domain.errors import StartFailed
from domain.process_events import ProcessExited, ProcessStarted
from domain.task import Task
from ports.clock import Clock
from ports.process import Command, Exit, ProcessHost, RunningProcess
from ports.runner import Completed, Failed, Outcome, RunContext

# Longer than a busy machine may keep a program from writing the rest of a line.
_SHOW_AFTER_S = 0.3

_SIGNALS: Mapping[int, str] = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
}


class CommandRunner:
    """For profiles of the kinds `shell`, whose tasks are command lines, and `command`."""

    def __init__(self, *, process_host: ProcessHost, clock: Clock) -> None:
        self._process_host = process_host
        self._clock = clock

    async def run(self, task: Task, context: RunContext) -> Outcome:
        try:
            return await self._run(task, context)
        except StartFailed as error:
            return Failed(error=str(error), reason="start_failed", exit_code=error.exit_code)

    async def _run(self, task: Task, context: RunContext) -> Outcome:
        command = command_of(task, context.profile, workspace=context.workspace)
        shown = shown_command(task, command, context.profile)
        log = OutputLog(context.emit_all, self._clock)
        began = self._clock.monotonic()
        async with self._process_host.start(command) as process:
            try:
                await context.emit(_started(process, command, shown))
                await _follow(process, log)
                ended = await process.wait()
            except asyncio.CancelledError:
                ended = await process.stop(grace_s=context.grace_s)
                await log.end()
                await context.emit(self._exited(ended, began))
                raise
            await context.emit(self._exited(ended, began))
        return _outcome(ended, log.last_line)

    def _exited(self, ended: Exit, began: float) -> ProcessExited:
        return ProcessExited(
            duration_ms=round((self._clock.monotonic() - began) * 1000),
            exit_code=ended.code,
            signal=ended.signal,
            leaked_pids=tuple(ended.leaked_pids) or None,
        )


def _started(process: RunningProcess, command: Command, shown: str) -> ProcessStarted:
    return ProcessStarted(
        pid=process.pid,
        command=shown,
        cwd=command.cwd,
        pty=command.pty,
        sandbox=process.sandbox,
    )


async def _follow(process: RunningProcess, log: OutputLog) -> None:
    async with OutputChunks(process.output()) as chunks:
        while True:
            patience_s = _SHOW_AFTER_S if log.has_unfinished else None
            try:
                output = await chunks.next(patience_s=patience_s)
            except TimeoutError:
                await log.show_unfinished()
                continue
            if output is None:
                break
            await log.take(output)
    await log.end()


def _outcome(ended: Exit, last_line: str) -> Outcome:
    if ended.signal is not None:
        name = _SIGNALS.get(ended.signal, "no name known here")
        return Failed(
            error=f"The command was ended by signal {ended.signal} ({name}).",
            reason="exit_code",
            exit_code=128 + ended.signal,
        )
    if ended.code != 0:
        return Failed(
            error=f"The command ended with exit code {ended.code}.",
            reason="exit_code",
            exit_code=ended.code,
        )
    return Completed(final_answer=last_line, exit_code=0)
