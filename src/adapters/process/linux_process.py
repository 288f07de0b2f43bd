"""One running command: its output, input, signals and exit, and the end of its descendants."""

import asyncio
import logging
import os
import signal
import termios
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Literal

from adapters.process.exit_watch import ExitWatch
from adapters.process.launch import Launched
from adapters.process.output_reader import DRAIN_S, OutputReader
from adapters.process.process_cap import count_living
from adapters.process.process_input import ProcessInput
from adapters.process.process_table import ProcessEntry
from adapters.process.resource_limits import ran_out_of_memory
from adapters.process.sandbox_init import InitReport, SandboxInit
from adapters.process.task_processes import TaskProcesses, UsageMeter
from domain.errors import StateConflict
from ports.process import Command, Exit, Output, ProcessUsage

log = logging.getLogger(__name__)
_KILL_S = 5.0
_ASK_AGAIN_S = 0.05


class TerminalControl:
    """Our side of a terminal; owns the descriptor. Without one (pipes) nothing has an effect."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    def resize(self, *, rows: int, columns: int) -> None:
        if self._fd is not None:
            termios.tcsetwinsize(self._fd, (rows, columns))

    def foreground_group(self) -> int | None:
        try:
            return None if self._fd is None else os.tcgetpgrp(self._fd) or None
        except OSError:
            return None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class LinuxProcess:
    def __init__(
        self,
        launched: Launched,
        processes: TaskProcesses,
        *,
        command: Command,
        sandbox: str,
        inside: SandboxInit | None,
        input_timeout_s: float,
    ) -> None:
        self._pid = launched.popen.pid
        self._command = command
        self._sandbox = sandbox
        self._inside = inside
        self._processes = processes
        self._watch = ExitWatch(launched.popen)
        self._reader = OutputReader(launched.outputs, self._watch)
        self._terminal = TerminalControl(launched.control_fd)
        self._terminal_fd = launched.terminal_fd
        self._input = ProcessInput(
            launched.input_fd,
            self._watch,
            is_terminal=command.pty,
            input_timeout_s=input_timeout_s,
        )
        self._input.give(command.input_text, then_closed=command.stdin == "closed")
        self._usage = UsageMeter()
        self._exceeded_cap = False
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

    async def write(self, data: bytes) -> None:
        await self._input.write(data)

    async def end_input(self) -> None:
        await self._input.end()

    def resize(self, *, rows: int, columns: int) -> None:
        self._terminal.resize(rows=rows, columns=columns)

    async def send_signal(self, number: int) -> None:
        if self._watch.has_exited:
            raise StateConflict("the process has exited")
        group = self._terminal.foreground_group()
        if group is not None and group != self._pid:
            await self._processes.signal_other_group(group, number)
        elif self._sandbox == "none":
            self._processes.signal_group(number)
        else:
            await self._processes.signal_inside(number)

    async def usage(self) -> ProcessUsage | None:
        entries = await asyncio.to_thread(self._entries)
        return None if self._watch.has_exited else self._usage.look(entries)

    async def kill_if_over(self, *, most: int) -> int:
        """Kill all of its processes if there are more than `most`; returns how many there were."""
        count = await asyncio.to_thread(self._kill_if_over, most)
        if count > most and self._exit is None:
            await self._settle()
        return count

    async def wait(self) -> Exit:
        await self._watch.exited()
        await self._reader.finished(timeout_s=DRAIN_S)
        return await self._settle()

    async def stop(self, *, grace_s: float) -> Exit:
        if grace_s > 0 and not self._watch.has_exited:
            await self._ask_to_end(grace_s)
        return await self._settle()

    async def close(self) -> None:
        """Kill all that is left of it and close every descriptor."""
        self._kill_group()
        self._reader.close()
        await self._settle()
        await self._input.close()
        if self._inside is not None:
            self._inside.close()
        self._terminal.close()
        self._close_terminal()

    async def _ask_to_end(self, grace_s: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        self._reader.discard()
        if self._sandbox == "none":
            self._processes.signal_group(signal.SIGTERM)
            self._processes.signal_group(signal.SIGCONT)
        else:
            # SIGTERM to the sandbox itself would kill the command at once.
            while not await self._processes.signal_inside(signal.SIGTERM):
                left_s = deadline - loop.time()
                if left_s <= 0 or await self._watch.exited(timeout_s=min(left_s, _ASK_AGAIN_S)):
                    break
        await self._watch.exited(timeout_s=grace_s)
        await self._processes.group_gone(timeout_s=deadline - loop.time())

    async def _settle(self) -> Exit:
        """Kill what is left, then reap; done once, also for concurrent callers."""
        async with self._settling:
            if self._exit is None:
                self._kill_group()
                if not await self._watch.exited(timeout_s=_KILL_S):
                    log.error("process %s does not die by SIGKILL", self._pid)
                strays = await self._processes.kill_descendants()
                # The processes of a sandbox die with its init process anyway.
                self._leaked.update(strays if self._sandbox == "none" else ())
                self._exit = self._taken_exit()
            return self._exit

    def _kill_group(self) -> None:
        # Once reaped, the process group id may be reused.
        if self._exit is None:
            self._processes.signal_group(signal.SIGKILL)

    def _taken_exit(self) -> Exit:
        returncode = self._watch.reap()
        # Bubblewrap exits with 137 both for SIGKILL and for exit code 137.
        if returncode is not None and (report := self._report()) is not None:
            returncode = os.waitstatus_to_exitcode(report.status)
        leaked = tuple(sorted(self._leaked))
        if returncode is None or returncode < 0:
            ended = Exit(signal=-(returncode or -signal.SIGKILL), leaked_pids=leaked)
        else:
            ended = Exit(code=returncode, leaked_pids=leaked)
        return replace(ended, limit=self._limit(ended))

    def _report(self) -> InitReport | None:
        return None if self._inside is None else self._inside.report()

    def _limit(self, ended: Exit) -> Literal["memory", "processes"] | None:
        if self._exceeded_cap:
            return "processes"
        report = self._report()
        inside = 0 if report is None else report.peak_bytes
        peak, most = max(self._watch.peak_bytes, inside), self._command.memory_bytes
        return "memory" if ran_out_of_memory(ended, peak_bytes=peak, memory_bytes=most) else None

    def _kill_if_over(self, most: int) -> int:
        """Kill on the thread that has counted: a fork bomb can starve every other thread."""
        living = self._processes.living()
        count = count_living(self._own(living), most=most)
        if count > most and self._exit is None:
            # Before the kill: the event loop may notice the exit before this thread is back.
            self._exceeded_cap = True
            self._processes.kill_groups_of(living)
        return count

    def _entries(self) -> Sequence[ProcessEntry]:
        return self._own(self._processes.living())

    def _own(self, living: Sequence[ProcessEntry]) -> Sequence[ProcessEntry]:
        """Without the processes of the sandbox itself."""
        if self._sandbox == "none":
            return living
        return [entry for entry in living if self._pid not in (entry.pid, entry.parent)]

    def _close_terminal(self, _: object = None) -> None:
        if self._terminal_fd is not None:
            os.close(self._terminal_fd)
            self._terminal_fd = None
