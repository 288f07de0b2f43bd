"""The process beside a server that ends its commands when it cannot: while it is frozen, or dead.

It imports few modules, so that it stays small. Its standard input is its only tie to the server:
one line a message, and the end of it is the end of the server.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence

from adapters.process.child_reaper import ChildReaper, Identity
from adapters.process.followers import with_descendants
from adapters.process.process_table import (
    ProcessEntry,
    carries_another,
    carries_any,
    process_table,
    send_signal,
)

_READ_BYTES = 65536
_ROUND_S = 0.01
_MOST_ROUNDS = 500
_QUIET_ROUNDS = 3  # in a row: in one alone a process may have been in the middle of a start
_LOOK_AGAIN_S = 0.5  # at a task whose time is over: a command of it was perhaps being started
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Watched:
    """What the server has reported: its commands, and until when those of a task may run."""

    def __init__(self) -> None:
        self.commands: dict[Identity, bytes] = {}
        """The mark of each leader's task."""
        self.orphans: Collection[Identity] = ()
        """Known while the server lives; when it is dead they are children of another process."""
        self._deadlines: dict[bytes, float] = {}
        self._rest = b""

    def take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take_line(line.decode().split(" "))

    def lapsed(self, now: float) -> Collection[bytes]:
        """The marks of the tasks whose time is over."""
        return {mark for mark, until in self._deadlines.items() if until <= now}

    def patience_s(self, now: float) -> float | None:
        """In how many seconds there is something to look at; None without any deadline."""
        if not self._deadlines:
            return None
        left_s = min(self._deadlines.values()) - now
        return left_s if left_s > 0 else _LOOK_AGAIN_S

    def _take_line(self, words: list[str]) -> None:
        match words:
            case "command", leader, mark:
                self.commands[_identity(leader)] = bytes.fromhex(mark)
            case "ended", leader:
                self.commands.pop(_identity(leader), None)
            case "until", mark, deadline:
                self._deadlines[bytes.fromhex(mark)] = float(deadline)
            case "free", mark:
                self._deadlines.pop(bytes.fromhex(mark), None)
            case "orphans", *known:
                self.orphans = {_identity(one) for one in known}
            case _:
                raise ValueError(f"no such message: {words}")


class CommandEnd:
    """Kills commands with all that descends from them, as their server would."""

    def __init__(self, watched: Watched, *, server: int, is_sole_parent: bool) -> None:
        self._watched = watched
        self._server = server
        self._is_sole_parent = is_sole_parent

    def of_tasks(self, marks: Collection[bytes]) -> None:
        """Also a command that the server was starting and had not reported yet."""
        commands = self._watched.commands.items()
        leaders = ChildReaper(parent=self._server, is_sole_parent=self._is_sole_parent)
        leaders.enter_all(self._watched.commands)
        self._kill({leader for leader, mark in commands if mark in marks}, marks, leaders)

    def of_all(self) -> None:
        """After the server's end, when it is nobody's parent any more."""
        marks = set(self._watched.commands.values())
        self._kill({*self._watched.commands, *self._watched.orphans}, marks, ChildReaper())

    def _kill(
        self, roots: Collection[Identity], marks: Collection[bytes], leaders: ChildReaper
    ) -> None:
        """Until nothing is left of them; what has got the pid of one that is gone is no root."""
        present = {(entry.pid, entry.started) for entry in process_table()}
        alive = present.intersection(roots)
        quiet = 0
        for _ in range(_MOST_ROUNDS):
            found = self._found(list(process_table()), alive, marks, leaders)
            killed = sum(send_signal(entry, signal.SIGKILL) for entry in found)
            quiet = 0 if killed else quiet + 1
            if quiet == _QUIET_ROUNDS:
                return
            time.sleep(_ROUND_S)

    def _found(
        self,
        table: Sequence[ProcessEntry],
        roots: Collection[Identity],
        marks: Collection[bytes],
        leaders: ChildReaper,
    ) -> Sequence[ProcessEntry]:
        pids = {pid for pid, _ in roots}
        found = {
            entry.pid
            for entry in table
            if (entry.pid, entry.started) in roots
            or entry.session in pids
            or carries_any(entry.pid, marks)
            or (leaders.is_orphan(entry) and _is_of(entry, pids, marks, leaders))
        }
        found = with_descendants(found, table) - {self._server, os.getpid()}
        return [entry for entry in table if entry.pid in found and not entry.is_zombie]


def watch(
    server_fd: int, watched: Watched, end: CommandEnd, monotonic: Callable[[], float]
) -> None:
    """Until the server lets go of this, or is gone."""
    while True:
        readable, _, _ = select.select([server_fd], [], [], watched.patience_s(monotonic()))
        if readable:
            data = os.read(server_fd, _READ_BYTES)
            if not data:
                end.of_all()
                return
            watched.take(data)
            if len(data) == _READ_BYTES:  # the deadline of a task may be moved on in the rest
                continue
        if lapsed := watched.lapsed(monotonic()):
            end.of_tasks(lapsed)


def main() -> None:
    for number in _IGNORED:  # a service manager or a terminal may send them to all at once
        signal.signal(number, signal.SIG_IGN)
    watched = Watched()
    end = CommandEnd(watched, server=int(sys.argv[1]), is_sole_parent=sys.argv[2] == "sole")
    watch(sys.stdin.fileno(), watched, end, time.monotonic)


def _is_of(
    orphan: ProcessEntry, pids: set[int], marks: Collection[bytes], leaders: ChildReaper
) -> bool:
    """A command that was not reported yet looks like an orphan, and carries its own mark."""
    return pids >= set(leaders.owners(orphan)) and carries_another(orphan.pid, marks) is False


def _identity(word: str) -> Identity:
    pid, _, started = word.partition("/")
    return int(pid), int(started)
