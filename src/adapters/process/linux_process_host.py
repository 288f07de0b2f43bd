"""Runs commands as processes of this machine, and lets none of them outlive its task."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from adapters.process.adoption import become_subreaper, brand
from adapters.process.bubblewrap import (
    SandboxPlan,
    bubblewrap_argv,
    bubblewrap_path,
    hidden_paths,
)
from adapters.process.environment import mark_of, process_environment
from adapters.process.executable import resolved_argv
from adapters.process.launch import launch
from adapters.process.linux_process import LinuxProcess
from adapters.process.private_home import private_home, remove_homes
from adapters.process.stray_sweep import kill_carriers
from adapters.process.task_processes import TaskProcesses
from adapters.process.uninterrupted import uninterrupted
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command


class LinuxProcessHost:
    """Other systems lack pidfds and /proc: there only the process group is sure to be killed."""

    def __init__(
        self,
        *,
        hidden_folders: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._hidden_folders = tuple(hidden_folders)
        self._environment = environment
        self._leaders: set[int] = set()
        self._bubblewrap: str | None = None
        self._bubblewrap_was_tried = False

    @asynccontextmanager
    async def start(self, command: Command) -> AsyncIterator[LinuxProcess]:
        become_subreaper()
        bubblewrap = await self._sandbox_of(command)
        async with private_home(command) as home:
            process = self._launched(command, home, bubblewrap)
            try:
                yield process
            finally:
                await uninterrupted(process.close())
                self._leaders.discard(process.pid)

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        if not tasks:
            return ()
        killed = await kill_carriers(frozenset(map(mark_of, tasks)), leaders=self._leaders)
        await asyncio.to_thread(remove_homes, tasks)
        return killed

    async def _sandbox_of(self, command: Command) -> str | None:
        if command.sandbox == "none":
            return None
        if not self._bubblewrap_was_tried:
            self._bubblewrap = await asyncio.to_thread(bubblewrap_path)
            self._bubblewrap_was_tried = True
        if self._bubblewrap is None and command.sandbox == "require":
            raise StartFailed("this needs a sandbox, and bubblewrap is missing or does not work")
        return self._bubblewrap

    def _launched(self, command: Command, home: str, bubblewrap: str | None) -> LinuxProcess:
        environment = process_environment(command, server=self._environment, home=home)
        argv = resolved_argv(command, environment)
        if bubblewrap is not None:
            argv = bubblewrap_argv(bubblewrap, argv, self._plan(command, home))
        launched = launch(argv, cwd=command.cwd, environment=environment, pty=command.pty)
        leader = launched.popen.pid
        # Before the brand, which must not be seen on a leader that is not known as one.
        self._leaders.add(leader)
        brand(leader)
        processes = TaskProcesses(leader, mark=mark_of(command.task_id), leaders=self._leaders)
        return LinuxProcess(
            launched, processes, sandbox="none" if bubblewrap is None else "bubblewrap"
        )

    def _plan(self, command: Command, home: str) -> SandboxPlan:
        return SandboxPlan(
            cwd=os.path.realpath(command.cwd),
            home=os.path.realpath(home),
            hidden=hidden_paths(self._hidden_folders),
            network=command.network,
            pty=command.pty,
        )
