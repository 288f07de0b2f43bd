"""The processes of a task, found by their environment and waited for by pidfds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import psutil


class LiveProcesses:
    """Pinned by pidfds, so that a reused pid is never taken for one of them."""

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids
        self.pidfds = [os.pidfd_open(pid) for pid in pids]

    async def all_gone(self, *, within_s: float = 5) -> None:
        with anyio.fail_after(within_s):
            for descriptor in self.pidfds:
                await anyio.wait_readable(descriptor)

    async def first_gone(self, *, within_s: float) -> bool:
        """Whether the first of them has ended in this time."""
        with anyio.move_on_after(within_s):
            await anyio.wait_readable(self.pidfds[0])
            return True
        return False

    def close(self) -> None:
        for descriptor in self.pidfds:
            os.close(descriptor)


@contextmanager
def processes_of(task_id: str) -> Iterator[LiveProcesses]:
    """All that now run for this task, wherever in the process tree."""
    found = LiveProcesses(pids_of(task_id))
    try:
        yield found
    finally:
        found.close()


def pids_of(task_id: str) -> list[int]:
    mark = f"AGENTCAST_TASK_ID={task_id}".encode()
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if mark in _marks(folder)]


def commands_of(server_pid: int) -> list[psutil.Process]:
    """What descends from a server, but for its watchdog."""
    children = psutil.Process(server_pid).children(recursive=True)
    return [child for child in children if not any("watchdog" in one for one in child.cmdline())]


def _marks(folder: Path) -> list[bytes]:
    try:
        return (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile
        return []
