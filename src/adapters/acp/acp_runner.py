"""Runs a task with an agent that speaks the Agent Client Protocol."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from functools import partial
from typing import Protocol

from adapters.acp.agent_command import agent_command
from domain.errors import StartFailed, StateConflict
from domain.process_events import ProcessExited, ProcessStarted, ResourceUsage
from domain.task import Approval, Task
from domain.workspace_events import sandbox_running
from ports.clock import Clock
from ports.homes import Homes
from ports.output_archive import ArchiveWriter, OutputArchive
from ports.process import Command, Exit, ProcessHost, RunningProcess
from ports.runner import Completed, Failed, Outcome, RunContext

# Gemini CLI takes 1.3 s to exit, Codex does not exit by itself.
_EXIT_S = 2.0


class Turn(Protocol):
    async def begin(self) -> Failed | None: ...

    async def prompt(self, text: str) -> Outcome: ...

    async def interrupt(self, *, grace_s: float) -> None: ...

    async def finish(self) -> None: ...

    @property
    def is_broken(self) -> bool:
        """Whether a protocol error or a failed event ended the conversation."""


class OpenTurn(Protocol):
    def __call__(
        self,
        process: RunningProcess,
        *,
        host: ProcessHost,
        command: Command,
        context: RunContext,
        approval: Approval | None,
        archive: ArchiveWriter,
        clock: Clock,
        lines_before: int = 0,
    ) -> AbstractAsyncContextManager[Turn]: ...


class Sampling(Protocol):
    def __call__(
        self, process: RunningProcess, emit: Callable[[ResourceUsage], Awaitable[None]]
    ) -> AbstractAsyncContextManager[object]:
        """Emits resource usage of the process at intervals, until the context is left."""


class Setup(Protocol):
    async def run(self, task: Task, context: RunContext) -> int:
        """Prepare the agent's HOME if needed; returns the number of lines that were logged.

        Raises StartFailed.
        """


class AcpRunner:
    """For profiles of the kind `acp`. The library is an optional extra, loaded by the first run."""

    def __init__(
        self,
        *,
        process_host: ProcessHost,
        homes: Homes,
        archive: OutputArchive,
        sampling: Sampling,
        setup: Setup,
        clock: Clock,
        exit_s: float = _EXIT_S,
    ) -> None:
        """`exit_s`: how long an agent may take to exit by itself after its turn."""
        self._exit_s = exit_s
        self._process_host = process_host
        self._homes = homes
        self._archive = archive
        self._sampling = sampling
        self._setup = setup
        self._clock = clock

    async def run(self, task: Task, context: RunContext) -> Outcome:
        try:
            open_turn = await asyncio.to_thread(_load_protocol)
            lines = await self._setup.run(task, context)
            return await self._begin(task, context, open_turn, lines)
        except StartFailed as error:
            return Failed(error=str(error), reason="start_failed", exit_code=error.exit_code)

    async def _begin(
        self, task: Task, context: RunContext, open_turn: OpenTurn, lines_before: int
    ) -> Outcome:
        start_s = context.profile.start_s
        start = asyncio.timeout(start_s)
        open_after = partial(open_turn, lines_before=lines_before)
        try:
            async with start:
                return await self._run(task, context, open_after, lambda: start.reschedule(None))
        except TimeoutError:
            if not start.expired():
                raise
            message = f"The agent was not ready within {start_s:g} seconds."
            return Failed(error=message, reason="start_failed")

    async def _run(
        self,
        task: Task,
        context: RunContext,
        open_turn: OpenTurn,
        is_ready: Callable[[], None],
    ) -> Outcome:
        profile = context.profile
        has_home = "HOME" in profile.env
        home = None if has_home else await self._homes.folder(task, profile)
        command = agent_command(task, profile, workspace=context.workspace, home=home)
        began = self._clock.monotonic()
        async with (
            self._archive.writing(task.task_id) as archive,
            self._process_host.start(command) as process,
            self._sampling(process, context.emit),
        ):
            await context.emit(_started(process, command))
            await context.emit(sandbox_running(task.task_id, process.sandbox))
            async with open_turn(
                process,
                host=self._process_host,
                command=command,
                context=context,
                approval=task.approval,
                archive=archive,
                clock=self._clock,
            ) as turn:
                try:
                    outcome = await _outcome(turn, task, is_ready)
                    ended = await _exit_within(
                        process, within_s=None if turn.is_broken else self._exit_s
                    )
                    was_stopped = ended is None
                    ended = ended or await process.stop(
                        grace_s=0 if turn.is_broken else context.grace_s
                    )
                except asyncio.CancelledError:
                    ended = await _stopped(turn, process, context)
                    await turn.finish()
                    await context.emit(self._exited(ended, began))
                    raise
                await turn.finish()
            await context.emit(self._exited(ended, began, was_stopped=was_stopped))
        return outcome if was_stopped else _with_code(outcome, ended)

    def _exited(self, ended: Exit, began: float, *, was_stopped: bool = False) -> ProcessExited:
        return ProcessExited(
            duration_ms=round((self._clock.monotonic() - began) * 1000),
            exit_code=ended.code,
            signal=ended.signal,
            leaked_pids=tuple(ended.leaked_pids) or None,
            stopped=was_stopped or None,
        )


def _load_protocol() -> OpenTurn:
    try:
        from adapters.acp.agent_turn import open_turn
    except ImportError as error:
        raise StartFailed(
            "agents of the kind 'acp' need one more package: agentcast[acp]"
        ) from error
    return open_turn


def _started(process: RunningProcess, command: Command) -> ProcessStarted:
    return ProcessStarted(
        pid=process.pid,
        command=" ".join(command.argv),
        cwd=command.cwd,
        pty=command.pty,
        sandbox=process.sandbox,
    )


async def _outcome(turn: Turn, task: Task, is_ready: Callable[[], None]) -> Outcome:
    try:
        failed = await turn.begin()
    except StartFailed as error:
        failed = Failed(error=str(error), reason="start_failed", exit_code=error.exit_code)
    if failed is not None:
        return failed
    is_ready()
    return await turn.prompt(task.text)


async def _stopped(turn: Turn, process: RunningProcess, context: RunContext) -> Exit:
    """A second cancellation during the grace period kills it at once."""
    try:
        await turn.interrupt(grace_s=context.grace_s)
        return await process.stop(grace_s=context.grace_s)
    except asyncio.CancelledError:
        return await process.stop(grace_s=0)


async def _exit_within(process: RunningProcess, *, within_s: float | None) -> Exit | None:
    """End the input and wait for the exit; None if it did not exit in time, or `within_s` is None."""
    if within_s is None:
        return None
    with suppress(StateConflict):
        await process.end_input()
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            return await process.wait()
    return None


def _with_code(outcome: Outcome, ended: Exit) -> Outcome:
    """Adds the exit code as a shell reports it."""
    has_begun = isinstance(outcome, Completed) or outcome.reason != "start_failed"
    if outcome.exit_code is not None or not has_begun:
        return outcome
    code = ended.code if ended.signal is None else 128 + ended.signal
    return replace(outcome, exit_code=code)
