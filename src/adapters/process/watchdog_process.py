"""The helper process that kills the commands of a server that is frozen or dead.

It imports few modules to stay small. The server writes one message a line to its standard input;
end of file means that the server is gone.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence

from adapters.process.child_reaper import ChildReaper, Identity
from adapters.process.process_table import (
    ProcessEntry,
    has_any_marker,
    has_other_marker,
    process_table,
    send_signal,
    with_descendants,
)

_READ_BYTES = 65536
_ROUND_S = 0.01
_MOST_ROUNDS = 500
_QUIET_ROUNDS = 3  # in a row: during one alone a process may have been starting
_LOOK_AGAIN_S = 0.5  # at a task past its deadline: a command of it may have been starting
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class WatchedCommands:
    """What the server has reported: its commands, orphans, and the deadlines of its tasks."""

    def __init__(self) -> None:
        self.commands: dict[Identity, bytes] = {}
        """The marker of its task by session leader."""
        self.orphans: Collection[Identity] = ()
        """As last reported; once the server is dead they are reparented and cannot be recognised."""
        self._deadlines: dict[bytes, float] = {}
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._apply(line.decode().split(" "))

    def expired(self, now: float) -> Collection[bytes]:
        """The markers of the tasks whose deadline has passed."""
        return {marker for marker, until in self._deadlines.items() if until <= now}

    def timeout_s(self, now: float) -> float | None:
        """Seconds until the next deadline; None without any."""
        if not self._deadlines:
            return None
        left_s = min(self._deadlines.values()) - now
        return left_s if left_s > 0 else _LOOK_AGAIN_S

    def _apply(self, fields: list[str]) -> None:
        match fields:
            case "command", leader, marker:
                self.commands[_identity(leader)] = bytes.fromhex(marker)
            case "ended", leader:
                self.commands.pop(_identity(leader), None)
            case "until", marker, deadline:
                self._deadlines[bytes.fromhex(marker)] = float(deadline)
            case "free", marker:
                self._deadlines.pop(bytes.fromhex(marker), None)
            case "orphans", *known:
                self.orphans = {_identity(one) for one in known}
            case _:
                raise ValueError(f"no such message: {fields}")


class CommandKiller:
    """Kills commands with all their descendants."""

    def __init__(self, watched: WatchedCommands, *, server: int, is_sole_parent: bool) -> None:
        self._watched = watched
        self._server = server
        self._is_sole_parent = is_sole_parent

    def kill_tasks(self, markers: Collection[bytes]) -> None:
        """Including commands that the server has started and not reported yet."""
        commands = self._watched.commands.items()
        reaper = ChildReaper(parent=self._server, is_sole_parent=self._is_sole_parent)
        reaper.enter_all(self._watched.commands)
        self._kill({leader for leader, marker in commands if marker in markers}, markers, reaper)

    def kill_all(self) -> None:
        """After the exit of the server, which then has no children any more."""
        markers = set(self._watched.commands.values())
        self._kill({*self._watched.commands, *self._watched.orphans}, markers, ChildReaper())

    def _kill(
        self, roots: Collection[Identity], markers: Collection[bytes], reaper: ChildReaper
    ) -> None:
        """Until nothing is left of them; a process that reused the pid of a root is spared."""
        present = {(entry.pid, entry.started) for entry in process_table()}
        alive = present.intersection(roots)
        quiet = 0
        for _ in range(_MOST_ROUNDS):
            found = self._found(list(process_table()), alive, markers, reaper)
            killed = sum(send_signal(entry, signal.SIGKILL) for entry in found)
            quiet = 0 if killed else quiet + 1
            if quiet == _QUIET_ROUNDS:
                return
            time.sleep(_ROUND_S)

    def _found(
        self,
        table: Sequence[ProcessEntry],
        roots: Collection[Identity],
        markers: Collection[bytes],
        reaper: ChildReaper,
    ) -> Sequence[ProcessEntry]:
        pids = {pid for pid, _ in roots}
        found = {
            entry.pid
            for entry in table
            if (entry.pid, entry.started) in roots
            or entry.session in pids
            or has_any_marker(entry.pid, markers)
            or (reaper.is_orphan(entry) and _is_of(entry, pids, markers, reaper))
        }
        found = with_descendants(found, table) - {self._server, os.getpid()}
        return [entry for entry in table if entry.pid in found and not entry.is_zombie]


def watch(
    server_fd: int, watched: WatchedCommands, killer: CommandKiller, monotonic: Callable[[], float]
) -> None:
    """Returns when the server has closed the pipe or is gone."""
    while True:
        readable, _, _ = select.select([server_fd], [], [], watched.timeout_s(monotonic()))
        if readable:
            data = os.read(server_fd, _READ_BYTES)
            if not data:
                killer.kill_all()
                return
            watched.feed(data)
            if len(data) == _READ_BYTES:  # the rest may extend a deadline
                continue
        if expired := watched.expired(monotonic()):
            killer.kill_tasks(expired)


def main() -> None:
    for number in _IGNORED:  # a service manager or terminal may send them to the whole group
        signal.signal(number, signal.SIG_IGN)
    watched = WatchedCommands()
    killer = CommandKiller(watched, server=int(sys.argv[1]), is_sole_parent=sys.argv[2] == "sole")
    watch(sys.stdin.fileno(), watched, killer, time.monotonic)


def _is_of(
    orphan: ProcessEntry, pids: set[int], markers: Collection[bytes], reaper: ChildReaper
) -> bool:
    """A command that was not reported yet looks like an orphan, but has the marker of its task."""
    return pids >= set(reaper.owners(orphan)) and has_other_marker(orphan.pid, markers) is False


def _identity(text: str) -> Identity:
    pid, _, started = text.partition("/")
    return int(pid), int(started)
