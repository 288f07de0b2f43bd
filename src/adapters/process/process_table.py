"""The machine's processes, read from /proc; empty where there is none."""

import os
import signal
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_MOST_LISTINGS = 20
_MOST_READINGS = 10
# As proc_pid_stat(5) counts them, less three.
_FLAGS, _THREADS, _CODE_START, _ENV_START = 6, 17, 23, 47
_ENDED = (b"Z", b"X")
_IS_KERNEL_THREAD = 0x00200000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEntry:
    pid: int
    is_zombie: bool
    """Whether all of it has ended, and nobody has waited for it yet."""
    parent: int
    group: int
    session: int
    started: int
    """Clock ticks since the machine's start: with the pid it names one process only."""
    cpu_ticks: int
    """Also of the children it has waited for."""
    rss_pages: int


def process_table() -> Iterator[ProcessEntry]:
    """Lists until there is nothing new: one that forks and exits between its listing and the
    reading of its entry would be missed together with its child."""
    seen: set[str] = set()
    for _ in range(_MOST_LISTINGS):
        try:
            listed = os.listdir("/proc")
        except OSError:
            return
        new = [name for name in listed if name.isdecimal() and name not in seen]
        if not new:
            return
        seen.update(new)
        for name in new:
            if (entry := process_entry(int(name))) is not None:
                yield entry


def process_entry(pid: int) -> ProcessEntry | None:
    if (fields := _stat(f"/proc/{pid}")) is None:
        return None
    # The state is that of its first thread, which may end before the others.
    return ProcessEntry(
        pid=pid,
        is_zombie=fields[0] in _ENDED and int(fields[_THREADS]) <= 1,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started=int(fields[19]),
        cpu_ticks=sum(map(int, fields[11:15])),
        rss_pages=int(fields[21]),
    )


def carries_any(pid: int, marks: Collection[bytes]) -> bool | None:
    """Whether the environment it was started with holds one of these `NAME=value`.

    None if that cannot be known: it is loading another program just now, or has just ended.
    """
    if (environment := _environment(pid)) is None:
        return None
    return any(mark in environment for mark in marks) and not set(marks).isdisjoint(
        environment.split(b"\0")
    )


def carries_another(pid: int, marks: Collection[bytes]) -> bool | None:
    """Whether it was started with the variable of these marks, and with none of their values.

    None as with `carries_any`.
    """
    if (environment := _environment(pid)) is None:
        return None
    names = tuple({mark.partition(b"=")[0] + b"=" for mark in marks})
    found = {one for one in environment.split(b"\0") if one.startswith(names)}
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


def _environment(pid: int) -> bytes | None:
    """Empty if it has none or hides it; None while it is being replaced, or once it has ended."""
    process = f"/proc/{pid}"
    if (environment := _environment_in(process)) is None:
        others = (_environment_in(thread) for thread in _threads(process))
        environment = next((found for found in others if found is not None), None)
    return environment


def _environment_in(folder: str) -> bytes | None:
    """As its first thread has it, or another one; None also if that thread has ended."""
    for _ in range(_MOST_READINGS):
        try:
            with open(f"{folder}/environ", "rb") as file:
                environment = file.read()
        except PermissionError:
            return b""
        except OSError:
            return None
        if environment or (fields := _stat(folder)) is None:
            return environment or None
        begin, end = int(fields[_ENV_START]), int(fields[_ENV_START + 1])
        if not end:
            return b"" if int(fields[_FLAGS]) & _IS_KERNEL_THREAD else None
        if begin == end:  # also just before its environment is put there, and its code after that
            return b"" if int(fields[_CODE_START]) else None
    return b""


def _threads(process: str) -> Sequence[str]:
    try:
        return [f"{process}/task/{thread}" for thread in os.listdir(f"{process}/task")]
    except OSError:
        return ()


def _stat(folder: str) -> Sequence[bytes] | None:
    """What follows the name: the state and all that comes after it."""
    try:
        with open(f"{folder}/stat", "rb") as file:
            stat = file.read()
    except OSError:
        return None
    # The name before the last parenthesis may hold anything, also parentheses and spaces.
    return stat.rpartition(b") ")[2].split()
