"""Runs commands as processes of this machine, and lets none of them outlive its task."""

import asyncio
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Literal

from adapters.process.bubblewrap import bubblewrap_argv
from adapters.process.child_reaper import ChildReaper
from adapters.process.environment import mark_of, process_environment
from adapters.process.executable import resolved_argv
from adapters.process.launch import launch
from adapters.process.linux_process import LinuxProcess
from adapters.process.private_home import private_home, remove_homes
from adapters.process.process_cap import ProcessCap
from adapters.process.process_input import PATIENCE_S
from adapters.process.process_table import ProcessEntry
from adapters.process.sandbox import TRIAL, Sandbox
from adapters.process.sandbox_init import SandboxInit
from adapters.process.sandbox_view import SandboxView
from adapters.process.stray_sweep import end_abandoned, end_carriers, look_after_orphans
from adapters.process.subreaper import become_subreaper
from adapters.process.syscall_filter import filter_descriptor, syscall_filter
from adapters.process.task_processes import TaskProcesses
from adapters.process.watchdog import Watchdog
from adapters.system.uninterrupted import uninterrupted
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command

log = logging.getLogger(__name__)

_TRIAL_S = 5.0
_MOST_IN_SANDBOX = 512


class LinuxProcessHost:
    """Other systems lack pidfds and /proc: there only the process group is sure to be killed."""

    def __init__(
        self,
        *,
        hidden_folders: Sequence[str] = (),
        secret_files: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        patience_s: float = PATIENCE_S,
        is_sole_parent: bool = False,
        max_file_bytes: int | None = None,
    ) -> None:
        """A sandbox hides the folders, but for sessions' own in them; and the files, with the
        folders that they are in where a command can do without those. `patience_s` is how long
        a process may take to read what it is given. `is_sole_parent`: nothing else in this process
        starts one in a session of its own, so that any other child in one was left by a command.
        `max_file_bytes` holds where a command says nothing of it.
        """
        self._view = SandboxView(
            hidden_folders=hidden_folders, secret_files=secret_files, environment=environment
        )
        self._environment = environment
        self._max_file_bytes = max_file_bytes
        self._patience_s = patience_s
        self._leaders = ChildReaper(is_sole_parent=is_sole_parent)
        self._watchdog = Watchdog(self._leaders)
        self._crowds = ProcessCap()
        self._trying = asyncio.Lock()
        self._sandbox: Sandbox | None = None
        self._was_tried = False

    @property
    def deadline_watch(self) -> Literal["working", "failing", "none"]:
        if not self._watchdog.is_open:
            return "none"
        return "failing" if self._watchdog.is_failing else "working"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Inside, deadlines are kept, and orphans are looked for also between commands."""
        self._watchdog.open()
        looking = asyncio.create_task(
            look_after_orphans(self._leaders, report=self._report_orphans)
        )
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await end_abandoned(self._leaders)
            await asyncio.to_thread(self._watchdog.close)

    @asynccontextmanager
    async def start(self, command: Command) -> AsyncIterator[LinuxProcess]:
        if command.max_file_bytes is None:
            command = replace(command, max_file_bytes=self._max_file_bytes)
        async with self._running(command, await self._sandbox_of(command)) as process:
            yield process

    async def sandbox(self) -> Sandbox | None:
        """That of this machine, if it has one that holds."""
        async with self._trying:
            if not self._was_tried:
                await self._try_bubblewrap()
        return self._sandbox

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        if not tasks:
            return ()
        killed = await end_carriers(frozenset(map(mark_of, tasks)), leaders=self._leaders)
        await asyncio.to_thread(remove_homes, tasks)
        return killed

    def set_deadline(self, task_id: TaskId, at: float | None) -> None:
        self._watchdog.set_deadline(mark_of(task_id), at)

    def _report_orphans(self, orphans: Sequence[ProcessEntry]) -> None:
        self._watchdog.know_orphans((orphan.pid, orphan.started) for orphan in orphans)

    async def _sandbox_of(self, command: Command) -> Sandbox | None:
        if command.sandbox == "none":
            return None
        sandbox = await self.sandbox()
        if command.sandbox == "require":
            if sandbox is None:
                raise StartFailed(
                    "this needs a sandbox, and bubblewrap is missing or does not work"
                )
            if not sandbox.is_filtered:
                raise StartFailed(f"this needs a sandbox, and here is only {sandbox.description}")
        return sandbox

    async def _try_bubblewrap(self) -> None:
        """It may be installed where the kernel forbids what it does, so it is tried."""
        if (program := shutil.which("bwrap", path=self._environment.get("PATH"))) is None:
            self._was_tried = True
            return
        sandbox = Sandbox(program)
        said = await self._trial(sandbox)
        # A trial that took too long or was killed says nothing of the next one.
        self._was_tried = said is not None
        self._sandbox = sandbox if said is not None and sandbox.holds(said) else None
        if self._sandbox is None:
            log.warning("%s does not work here: commands run without a sandbox", program)

    async def _trial(self, sandbox: Sandbox) -> str | None:
        """What is said inside of it; None if that did not come to an end."""
        folder, task_id = tempfile.gettempdir(), TaskId(f"sandbox-trial-{secrets.token_hex(8)}")
        command = Command(argv=TRIAL, cwd=folder, task_id=task_id, pty=False)
        try:
            async with asyncio.timeout(_TRIAL_S), self._running(command, sandbox) as process:
                said = "".join([output.text async for output in process.output()])
                return None if (await process.wait()).code is None else said
        except (StartFailed, TimeoutError):
            return None

    @asynccontextmanager
    async def _running(
        self, command: Command, sandbox: Sandbox | None
    ) -> AsyncIterator[LinuxProcess]:
        become_subreaper()
        async with private_home(command) as home:
            process = self._started(command, home, sandbox)
            try:
                async with self._crowds.over(process, most=_most_processes(command, sandbox)):
                    yield process
            finally:
                await uninterrupted(process.close())
                if (leader := self._leaders.forget(process.pid)) is not None:
                    self._watchdog.forget(leader)

    def _started(self, command: Command, home: str, sandbox: Sandbox | None) -> LinuxProcess:
        environment = process_environment(command, server=self._environment, home=home)
        argv, inside = resolved_argv(command, environment), None
        with ExitStack() as lent:
            kept_fds: list[int] = []
            if sandbox is not None:
                program = syscall_filter(unix_sockets=bool(command.sockets))
                has_sockets = program is None or bool(command.sockets)
                plan = self._view.plan(command, argv, environment, has_sockets=has_sockets)
                if program is not None:
                    kept_fds.append(lent.enter_context(filter_descriptor(program)))
                    plan = replace(plan, filter_fd=kept_fds[0])
                inside = SandboxInit()
                kept_fds.append(lent.enter_context(inside.lent()))
                argv = bubblewrap_argv(sandbox.program, inside.argv(argv), plan)
            self._watchdog.prepare()
            with self._leaders.starting() as enter:
                launched = launch(
                    argv, command=command, environment=environment, kept_fds=kept_fds
                )
                identity = enter(launched.popen.pid)
        leader, mark = launched.popen.pid, mark_of(command.task_id)
        self._watchdog.enter(identity, mark)
        return LinuxProcess(
            launched,
            TaskProcesses(leader, mark=mark, leaders=self._leaders),
            command=command,
            sandbox="none" if sandbox is None else sandbox.name,
            inside=inside,
            patience_s=self._patience_s,
        )


def _most_processes(command: Command, sandbox: Sandbox | None) -> int | None:
    if command.max_processes is not None or sandbox is None:
        return command.max_processes
    return _MOST_IN_SANDBOX
