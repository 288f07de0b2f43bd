"""Runs commands as processes of this machine, and kills all of them with their task."""

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

from adapters.process.bubblewrap import TRIAL, Sandbox, bubblewrap_argv
from adapters.process.child_reaper import ChildReaper, become_subreaper
from adapters.process.environment import marker_of, private_home, process_environment, remove_homes
from adapters.process.executable import resolved_argv
from adapters.process.launch import launch
from adapters.process.linux_process import LinuxProcess
from adapters.process.orphan_sweep import kill_abandoned, kill_marked, watch_orphans
from adapters.process.process_cap import ProcessCap
from adapters.process.process_input import INPUT_TIMEOUT_S
from adapters.process.process_table import ProcessEntry
from adapters.process.sandbox_init import SandboxInit
from adapters.process.sandbox_view import SandboxView
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
    """Without pidfds and /proc (other systems) only the process group is sure to be killed."""

    def __init__(
        self,
        *,
        hidden_folders: Sequence[str] = (),
        secret_files: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
        input_timeout_s: float = INPUT_TIMEOUT_S,
        is_sole_parent: bool = False,
        max_file_bytes: int | None = None,
    ) -> None:
        """`hidden_folders` are hidden in a sandbox, except workspaces in them; `secret_files`
        too, with their folders where the command needs nothing there. `input_timeout_s` is how
        long a process may take to read its input. `is_sole_parent`: see `ChildReaper`.
        `max_file_bytes` is for commands that set no limit themselves.
        """
        self._view = SandboxView(
            hidden_folders=hidden_folders, secret_files=secret_files, environment=environment
        )
        self._environment = environment
        self._max_file_bytes = max_file_bytes
        self._input_timeout_s = input_timeout_s
        self._reaper = ChildReaper(is_sole_parent=is_sole_parent)
        self._watchdog = Watchdog(self._reaper)
        self._process_cap = ProcessCap()
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
        """While open, deadlines are enforced and orphans are killed also between commands."""
        self._watchdog.open()
        watching = asyncio.create_task(watch_orphans(self._reaper, report=self._report_orphans))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await kill_abandoned(self._reaper)
            await asyncio.to_thread(self._watchdog.close)

    @asynccontextmanager
    async def start(self, command: Command) -> AsyncIterator[LinuxProcess]:
        if command.max_file_bytes is None:
            command = replace(command, max_file_bytes=self._max_file_bytes)
        async with self._running(command, await self._sandbox_of(command)) as process:
            yield process

    async def sandbox(self) -> Sandbox | None:
        """The sandbox of this machine; None if it has none that works. Tried once."""
        async with self._trying:
            if not self._was_tried:
                await self._try_bubblewrap()
        return self._sandbox

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        if not tasks:
            return ()
        killed = await kill_marked(frozenset(map(marker_of, tasks)), reaper=self._reaper)
        await asyncio.to_thread(remove_homes, tasks)
        return killed

    def set_deadline(self, task_id: TaskId, at: float | None) -> None:
        self._watchdog.set_deadline(marker_of(task_id), at)

    def _report_orphans(self, orphans: Sequence[ProcessEntry]) -> None:
        self._watchdog.set_orphans((orphan.pid, orphan.started) for orphan in orphans)

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
        """Run it once: it may be installed where the kernel forbids it."""
        if (program := shutil.which("bwrap", path=self._environment.get("PATH"))) is None:
            self._was_tried = True
            return
        sandbox = Sandbox(program)
        status_text = await self._trial(sandbox)
        # A trial that timed out or was killed is inconclusive, so it is repeated.
        self._was_tried = status_text is not None
        self._sandbox = sandbox if status_text is not None and sandbox.holds(status_text) else None
        if self._sandbox is None:
            log.warning("%s does not work here: commands run without a sandbox", program)

    async def _trial(self, sandbox: Sandbox) -> str | None:
        """The output of the trial command; None if it did not run to its end."""
        folder, task_id = tempfile.gettempdir(), TaskId(f"sandbox-trial-{secrets.token_hex(8)}")
        command = Command(argv=TRIAL, cwd=folder, task_id=task_id, pty=False)
        try:
            async with asyncio.timeout(_TRIAL_S), self._running(command, sandbox) as process:
                output_text = "".join([output.text async for output in process.output()])
                return None if (await process.wait()).code is None else output_text
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
                async with self._process_cap.applied_to(
                    process, most=_most_processes(command, sandbox)
                ):
                    yield process
            finally:
                await uninterrupted(process.close())
                if (leader := self._reaper.forget(process.pid)) is not None:
                    self._watchdog.forget(leader)

    def _started(self, command: Command, home: str, sandbox: Sandbox | None) -> LinuxProcess:
        environment = process_environment(command, server=self._environment, home=home)
        argv, inside = resolved_argv(command, environment), None
        with ExitStack() as inherited:
            kept_fds: list[int] = []
            if sandbox is not None:
                program = syscall_filter(unix_sockets=bool(command.sockets))
                has_sockets = program is None or bool(command.sockets)
                plan = self._view.plan(command, argv, environment, has_sockets=has_sockets)
                if program is not None:
                    kept_fds.append(inherited.enter_context(filter_descriptor(program)))
                    plan = replace(plan, filter_fd=kept_fds[0])
                inside = SandboxInit()
                kept_fds.append(inherited.enter_context(inside.write_end()))
                argv = bubblewrap_argv(sandbox.program, inside.argv(argv), plan)
            self._watchdog.prepare()
            with self._reaper.starting() as enter:
                launched = launch(
                    argv, command=command, environment=environment, kept_fds=kept_fds
                )
                identity = enter(launched.popen.pid)
        leader, marker = launched.popen.pid, marker_of(command.task_id)
        self._watchdog.enter(identity, marker)
        return LinuxProcess(
            launched,
            TaskProcesses(leader, marker=marker, reaper=self._reaper),
            command=command,
            sandbox="none" if sandbox is None else sandbox.name,
            inside=inside,
            input_timeout_s=self._input_timeout_s,
        )


def _most_processes(command: Command, sandbox: Sandbox | None) -> int | None:
    if command.max_processes is not None or sandbox is None:
        return command.max_processes
    return _MOST_IN_SANDBOX
