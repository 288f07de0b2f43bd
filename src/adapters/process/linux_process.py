"""One running command: its output, its exit, and the end of all it has started."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator

from adapters.process.exit_watch import ExitWatch
from adapters.process.launch import Launched
from adapters.process.output_reader import DRAIN_S, OutputReader
from adapters.process.task_processes import TaskProcesses
from ports.process import Exit, Output

log = logging.getLogger(__name__)

_KILL_S = 5.0


class LinuxProcess:
    def __init__(self, launched: Launched, processes: TaskProcesses, *, sandbox: str) -> None:
        self._pid = launched.popen.pid
        self._sandbox = sandbox
        self._processes = processes
        self._watch = ExitWatch(launched.popen)
        self._reader = OutputReader(launched.outputs, self._watch)
        self._terminal_fd = launched.terminal_fd
        self._leaked: set[int] = set()
        self._exit: Exit | None = None
        self._settling = asyncio.Lock()
        self._watch.call_back(self._close_terminal)

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def sandbox(self) -> str:
        return self._sandbox

    def output(self) -> AsyncIterator[Output]:
        return self._reader.read()

    async def wait(self) -> Exit:
        await self._watch.exited()
        await self._reader.finished(timeout_s=DRAIN_S)
        return await self._settle()

    async def stop(self, *, grace_s: float) -> Exit:
        if grace_s > 0 and not self._watch.has_exited:
            await self._ask_to_end(grace_s)
        return await self._settle()

    async def close(self) -> None:
        """Kill whatever is left and let go of everything."""
        self._kill_group()
        self._reader.close()
        await self._settle()
        self._close_terminal()

    async def _ask_to_end(self, grace_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        self._reader.discard()
        if self._sandbox == "none":
            self._processes.signal_group(signal.SIGTERM)
            self._processes.signal_group(signal.SIGCONT)
        else:
            # The sandbox itself would end at once and take what is inside along.
            await self._processes.signal_followers(signal.SIGTERM)
        await self._watch.exited(timeout_s=grace_s)
        await self._processes.group_gone(timeout_s=deadline - loop.time())

    async def _settle(self) -> Exit:
        """Kill what is left, then take the exit status; done once, however many ask."""
        async with self._settling:
            if self._exit is None:
                self._kill_group()
                if not await self._watch.exited(timeout_s=_KILL_S):
                    log.error("process %s does not die, not even by SIGKILL", self._pid)
                strays = await self._processes.kill_followers()
                # What is left of a sandbox is on its way out by itself.
                self._leaked.update(strays if self._sandbox == "none" else ())
                self._exit = self._taken_exit()
            return self._exit

    def _kill_group(self) -> None:
        # After the exit status was taken the group's number may belong to strangers.
        if self._exit is None:
            self._processes.signal_group(signal.SIGKILL)

    def _taken_exit(self) -> Exit:
        returncode = self._watch.reap()
        leaked = tuple(sorted(self._leaked))
        if returncode is None or returncode < 0:
            return Exit(signal=-(returncode or -signal.SIGKILL), leaked_pids=leaked)
        return Exit(code=returncode, leaked_pids=leaked)

    def _close_terminal(self, _: object = None) -> None:
        if self._terminal_fd is not None:
            os.close(self._terminal_fd)
            self._terminal_fd = None
