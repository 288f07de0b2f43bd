"""Carries out a task by an agent that speaks the Agent Client Protocol."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from itertools import chain
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.approval_policy import APPROVAL_PLACE, strictest
from domain.errors import StartFailed, StateConflict
from domain.model_choice import MODEL_PLACE, argv_for_model
from domain.process_events import ProcessExited, ProcessStarted, ResourceUsage
from domain.task import Approval, Task
from ports.clock import Clock
from ports.homes import Homes
from ports.output_archive import ArchiveWriter, OutputArchive
from ports.process import Command, Exit, ProcessHost, RunningProcess
from ports.runner import Failed, Outcome, RunContext

_LEAVE_S = 1.0


class Turn(Protocol):
    async def begin(self) -> Failed | None: ...

    async def prompt(self, text: str) -> Outcome: ...

    async def interrupt(self, *, grace_s: float) -> None: ...

    async def finish(self) -> None: ...


class OpenTurn(Protocol):
    def __call__(
        self,
        process: RunningProcess,
        *,
        context: RunContext,
        approval: Approval | None,
        kept: ArchiveWriter,
        clock: Clock,
        lines_before: int = 0,
    ) -> AbstractAsyncContextManager[Turn]: ...


class Sampling(Protocol):
    def __call__(
        self, process: RunningProcess, emit: Callable[[ResourceUsage], Awaitable[None]]
    ) -> AbstractAsyncContextManager[object]:
        """Emits from time to time what the process uses, until it is left."""


class Setup(Protocol):
    async def run(self, task: Task, context: RunContext) -> int:
        """Prepares the agent's HOME where that was not done; how many lines were logged.

        Raises StartFailed.
        """


class AcpRunner:
    """For profiles of the kind `acp`. The protocol's library is an extra, loaded by the first."""

    def __init__(
        self,
        *,
        process_host: ProcessHost,
        homes: Homes,
        archive: OutputArchive,
        sampling: Sampling,
        setup: Setup,
        clock: Clock,
    ) -> None:
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
        opened = partial(open_turn, lines_before=lines_before)
        try:
            async with start:
                return await self._run(task, context, opened, lambda: start.reschedule(None))
        except TimeoutError:
            if not start.expired():
                raise
            late = f"The agent was not ready within {start_s:g} seconds."
            return Failed(error=late, reason="start_failed")

    async def _run(
        self,
        task: Task,
        context: RunContext,
        open_turn: OpenTurn,
        is_ready: Callable[[], None],
    ) -> Outcome:
        command = await self._command(task, context)
        began = self._clock.monotonic()
        async with (
            self._archive.writing(task.task_id) as kept,
            self._process_host.start(command) as process,
            self._sampling(process, context.emit),
        ):
            await context.emit(_started(process, command))
            async with open_turn(
                process,
                context=context,
                approval=task.approval,
                kept=kept,
                clock=self._clock,
            ) as turn:
                try:
                    outcome = await _outcome(turn, task, is_ready)
                    ended = await _left(process, grace_s=context.grace_s)
                except asyncio.CancelledError:
                    ended = await _stopped(turn, process, context)
                    await turn.finish()
                    await context.emit(self._exited(ended, began))
                    raise
                await turn.finish()
            await context.emit(self._exited(ended, began))
        return outcome

    async def _command(self, task: Task, context: RunContext) -> Command:
        """Most agents keep their conversations in their home."""
        profile = context.profile
        if not profile.argv:
            raise StartFailed(f"the profile of agent {profile.name!r} names no command")
        has_home = "HOME" in profile.env
        return Command(
            argv=_argv(task, profile),
            cwd=context.workspace,
            task_id=task.task_id,
            pty=False,
            stdin="open",
            env=profile.env,
            env_passthrough=profile.env_passthrough,
            home=None if has_home else await self._homes.folder(task, profile),
            home_files=profile.home_files,
            shared_folders=profile.shared_folders,
            sockets=profile.sockets,
            shown_paths=tuple(item for item in profile.argv if item.startswith("/")),
            memory_bytes=profile.memory_bytes,
            max_processes=profile.processes,
            sandbox=profile.sandbox,
            network=profile.network,
        )

    def _exited(self, ended: Exit, began: float) -> ProcessExited:
        return ProcessExited(
            duration_ms=round((self._clock.monotonic() - began) * 1000),
            exit_code=ended.code,
            signal=ended.signal,
            leaked_pids=tuple(ended.leaked_pids) or None,
        )


def _argv(task: Task, profile: AgentProfile) -> tuple[str, ...]:
    model = profile.model
    argv = argv_for_model(profile.argv, model)
    flags = profile.approval_argv.get(strictest(profile.approvals, asked=task.approval), ())
    filled = (item.replace(MODEL_PLACE, model) if model else item for item in argv)
    pieces = (flags if item == APPROVAL_PLACE else (item,) for item in filled)
    return tuple(chain.from_iterable(pieces))


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
    """To be cancelled once more, while it is given time to end, means that there is no time."""
    try:
        await turn.interrupt(grace_s=context.grace_s)
        return await process.stop(grace_s=context.grace_s)
    except asyncio.CancelledError:
        return await process.stop(grace_s=0)


async def _left(process: RunningProcess, *, grace_s: float) -> Exit:
    """An agent without input goes by itself; if not, it is ended."""
    with suppress(StateConflict):
        await process.end_input()
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_S):
            return await process.wait()
    return await process.stop(grace_s=grace_s)
