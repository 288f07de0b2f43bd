"""Runs one process from its start to its exit, and reports both, however the run ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import Self

from application.programs.live_terminals import LiveTerminals
from application.programs.output_reading import OutputReading, RedactedOutput
from application.programs.process_dialogue import ProcessDialogue
from application.programs.usage_sampling import UsageSampling
from domain.errors import StartFailed
from domain.process_events import ProcessExited, ProcessStarted
from domain.workspace_events import sandbox_running
from ports.clock import Clock
from ports.output_archive import OutputArchive
from ports.process import Command, Exit, Output, ProcessHost, RunningProcess
from ports.runner import RunContext

# Longer than a busy machine may keep a program from writing the rest of a line.
_SHOW_AFTER_S = 0.3
_TURNS = 3


class Supervision:
    def __init__(
        self,
        *,
        process_host: ProcessHost,
        archive: OutputArchive,
        terminals: LiveTerminals,
        clock: Clock,
    ) -> None:
        self._process_host = process_host
        self._terminals = terminals
        self._archive = archive
        self._clock = clock

    async def run(
        self,
        command: Command,
        *,
        shown: str,
        reading: OutputReading,
        dialogue: ProcessDialogue | None = None,
        context: RunContext,
    ) -> Exit:
        """`shown` is the command as people see it; `dialogue` answers the questions of the process.

        A process whose output passes its limit is stopped. Raises StartFailed.
        """
        async with (
            self._archive.writing(command.task_id) as kept,
            self._started(command, within_s=context.profile.start_s) as process,
        ):
            began = self._clock.monotonic()
            redacted: RedactedOutput | None = None
            try:
                await context.emit(_process_started(process, command, shown))
                await context.emit(sandbox_running(command.task_id, process.sandbox))
                is_for_people = context.profile.keeps_stdin and command.stdin == "open"
                async with (
                    self._terminals.open(
                        command, process, takes_input=is_for_people, emit=context.emit
                    ) as terminal,
                    nullcontext() if dialogue is None else dialogue.with_process(process),
                ):
                    redacted = RedactedOutput(
                        context.redactor, kept=kept, terminal=terminal, reading=reading
                    )
                    ended = await _read(process, reading, redacted, context)
            except (asyncio.CancelledError, StartFailed):
                ended = await _stopped(process, context)
                await (redacted or reading).end()
                await context.emit(self._process_exited(ended, began))
                raise
            await context.emit(self._process_exited(ended, began))
        return ended

    @asynccontextmanager
    async def _started(
        self, command: Command, *, within_s: float
    ) -> AsyncIterator[RunningProcess]:
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(within_s):
                    process = await stack.enter_async_context(self._process_host.start(command))
            except TimeoutError as error:
                raise StartFailed(f"the process was not there after {within_s:g} s") from error
            yield process

    def _process_exited(self, ended: Exit, began: float) -> ProcessExited:
        return ProcessExited(
            duration_ms=round((self._clock.monotonic() - began) * 1000),
            exit_code=ended.code,
            signal=ended.signal,
            leaked_pids=tuple(ended.leaked_pids) or None,
        )


def _process_started(process: RunningProcess, command: Command, shown: str) -> ProcessStarted:
    return ProcessStarted(
        pid=process.pid,
        command=shown,
        cwd=command.cwd,
        pty=command.pty,
        sandbox=process.sandbox,
    )


async def _read(
    process: RunningProcess,
    reading: OutputReading,
    redacted: RedactedOutput,
    context: RunContext,
) -> Exit:
    async with UsageSampling(process, context.emit):
        await _follow(process, reading, redacted)
        if reading.is_full:
            return await process.stop(grace_s=context.grace_s)
        return await process.wait()


async def _follow(
    process: RunningProcess, reading: OutputReading, redacted: RedactedOutput
) -> None:
    async with OutputChunks(process.output()) as chunks:
        while not reading.is_full:
            patience_s = _SHOW_AFTER_S if reading.has_unfinished else None
            try:
                output = await chunks.next(patience_s=patience_s)
            except TimeoutError:
                await reading.show_unfinished()
                continue
            if output is None:
                break
            await redacted.take(output)
    await redacted.end()


async def _stopped(process: RunningProcess, context: RunContext) -> Exit:
    """A second cancel, while the process has its grace period, kills it at once."""
    try:
        return await process.stop(grace_s=context.grace_s)
    except asyncio.CancelledError:
        return await process.stop(grace_s=0)


class OutputChunks:
    """Waits for the next piece of output with a timeout, and loses none when it passes.

    Leaving it as a context cancels a wait that is still under way.
    """

    def __init__(self, output: AsyncIterator[Output]) -> None:
        self._output = output
        self._awaited: asyncio.Task[Output | None] | None = None

    async def next(self, *, patience_s: float | None) -> Output | None:
        """The next piece; None at the end. Raises TimeoutError when none comes in time."""
        if self._awaited is None and patience_s is None:
            return await self._next()
        awaited = self._awaited = self._awaited or asyncio.create_task(self._next())
        await asyncio.wait((awaited,), timeout=patience_s)
        if not awaited.done():
            await self._give_turns(awaited)
        self._awaited = None
        return awaited.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            await asyncio.wait((self._awaited,))

    async def _next(self) -> Output | None:
        return await anext(self._output, None)

    async def _give_turns(self, awaited: asyncio.Task[Output | None]) -> None:
        # After a stall of the event loop the timeout comes first, although there is output.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if awaited.done():
                return
        raise TimeoutError
