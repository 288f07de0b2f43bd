"""The machine's processes, read from /proc; empty where there is none."""

import os
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEntry:
    pid: int
    state: str
    parent: int
    group: int
    session: int
    started: int
    """Clock ticks since the machine's start: with the pid it names one process only."""
    cpu_ticks: int
    """Also of the children it has waited for."""
    rss_pages: int

    @property
    def is_zombie(self) -> bool:
        return self.state in "ZX"


def process_table() -> Iterator[ProcessEntry]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if name.isdecimal() and (entry := process_entry(int(name))):
            yield entry


def process_entry(pid: int) -> ProcessEntry | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
    except OSError:
        return None
    # The name before the last parenthesis may hold anything, also parentheses and spaces.
    fields = stat.rpartition(b") ")[2].split()
    return ProcessEntry(
        pid=pid,
        state=fields[0].decode(),
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started=int(fields[19]),
        cpu_ticks=sum(map(int, fields[11:15])),
        rss_pages=int(fields[21]),
    )


def carries_any(pid: int, marks: Collection[bytes]) -> bool:
    """Whether the environment it was started with holds one of these `NAME=value`."""
    environment = _environment(pid)
    return any(mark in environment for mark in marks) and not set(marks).isdisjoint(
        environment.split(b"\0")
    )


def carries_another(pid: int, marks: Collection[bytes]) -> bool:
    """Whether it was started with the variable of these marks, and with none of their values."""
    names = tuple({mark.partition(b"=")[0] + b"=" for mark in marks})
    found = {one for one in _environment(pid).split(b"\0") if one.startswith(names)}
    return bool(found) and found.isdisjoint(marks)


def kill_carriers(marks: Collection[bytes]) -> set[int]:
    """Kill all that carry one of the marks now; the pids that were killed."""
    table = [entry for entry in process_table() if entry.pid != os.getpid()]
    return {
        entry.pid
        for entry in table
        if not entry.is_zombie and carries_any(entry.pid, marks)
        if send_signal(entry, signal.SIGKILL)
    }


def send_signal(entry: ProcessEntry, number: int) -> bool:
    """Signal that very process, never a stranger that has got its pid; whether it was there."""
    try:
        pidfd = os.pidfd_open(entry.pid)
    except (AttributeError, OSError):
        return False
    try:
        found = process_entry(entry.pid)
        if found is None or found.started != entry.started:
            return False
        signal.pidfd_send_signal(pidfd, number)
    except OSError:
        return False
    finally:
        os.close(pidfd)
    return True


def _environment(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""
