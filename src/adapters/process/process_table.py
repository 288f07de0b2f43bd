"""The processes of this machine, read from /proc; empty where there is none."""

import os
import signal
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

_MOST_LISTINGS = 20
_MOST_READINGS = 10
# Indices of fields as in proc_pid_stat(5), less three.
_FLAGS, _THREADS, _CODE_START, _ENV_START = 6, 17, 23, 47
_ENDED = (b"Z", b"X")
_IS_KERNEL_THREAD = 0x00200000
_NAME = b"processes "


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEntry:
    pid: int
    is_zombie: bool
    """Whether all its threads have ended, and it was not reaped yet."""
    parent: int
    group: int
    session: int
    started: int
    """Clock ticks since boot; unique together with the pid."""
    cpu_ticks: int
    """Including the children it has waited for."""
    rss_pages: int


def process_table() -> Iterator[ProcessEntry]:
    """Lists /proc until there is nothing new: a process that forks and exits between its listing
    and the reading of its entry would be missed together with its child."""
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
    # The state is that of the main thread, which may end before the others.
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


def still_living(entries: Iterable[ProcessEntry]) -> Sequence[ProcessEntry]:
    """Those that have not ended since they were read: all of them were alive at the same time,
    when this was called. A table may have both a process and one that began after its end."""
    return [entry for entry in entries if _is_living(entry)]


def with_descendants(pids: set[int], table: Iterable[ProcessEntry]) -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in table:
        children.setdefault(entry.parent, []).append(entry.pid)
    found, new = set(pids), list(pids)
    while new:
        new = [child for pid in new for child in children.get(pid, ()) if child not in found]
        found.update(new)
    return found


def has_any_marker(pid: int, markers: Collection[bytes]) -> bool | None:
    """Whether its initial environment holds one of these `NAME=value`.

    None if unknown: it is in the middle of `execve`, or has just ended.
    """
    if (environment := _environment(pid)) is None:
        return None
    return any(marker in environment for marker in markers) and not set(markers).isdisjoint(
        environment.split(b"\0")
    )


def has_other_marker(pid: int, markers: Collection[bytes]) -> bool | None:
    """Whether its initial environment has the variable of these markers with another value.

    None as with `has_any_marker`.
    """
    if (environment := _environment(pid)) is None:
        return None
    names = tuple({marker.partition(b"=")[0] + b"=" for marker in markers})
    found = {one for one in environment.split(b"\0") if one.startswith(names)}
    return bool(found) and found.isdisjoint(markers)


def kill_marked_once(markers: Collection[bytes]) -> set[int]:
    """Kill all that have one of the markers now; returns their pids."""
    table = [entry for entry in process_table() if entry.pid != os.getpid()]
    return {
        entry.pid
        for entry in table
        if not entry.is_zombie and has_any_marker(entry.pid, markers)
        if send_signal(entry, signal.SIGKILL)
    }


def send_signal(entry: ProcessEntry, number: int) -> bool:
    """Signal by pidfd, never a process that has reused the pid; False if it is gone."""
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


def _is_living(entry: ProcessEntry) -> bool:
    now = process_entry(entry.pid)
    return now is not None and now.started == entry.started and not now.is_zombie


def _environment(pid: int) -> bytes | None:
    """Empty if it has none or may not be read; None during `execve`, or once it has ended."""
    process = f"/proc/{pid}"
    if (environment := _environment_in(process)) is None:
        others = (_environment_in(thread) for thread in _threads(process))
        environment = next((found for found in others if found is not None), None)
    return environment


def _environment_in(folder: str) -> bytes | None:
    """As read from the folder of a process or thread; None also if that has ended."""
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
        if begin == end:  # also during execve, before the environment and then the code are mapped
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


def fork_count() -> int | None:
    """Processes and threads that were started since boot; None where /proc/stat has no count."""
    try:
        with open("/proc/stat", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(_NAME):
            return int(line.removeprefix(_NAME)) or None
    return None
