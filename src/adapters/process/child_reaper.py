"""Adopts orphaned agent processes, recognizes them among other children and reaps zombies."""

import ctypes
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache

from adapters.process.process_table import ProcessEntry, process_entry

_PR_SET_CHILD_SUBREAPER = 36
_HIGHEST_SCORE = 1000
_HANDICAP = 200
Identity = tuple[int, int]
"""Pid and start time in clock ticks; a pid alone may be reused."""


@cache
def become_subreaper() -> None:
    """Become the subreaper for orphaned agent processes: they are reparented here, not to pid 1."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def oom_score_script() -> str:
    """Shell code that makes the OOM killer prefer agents to the server.

    The score is inherited and outlives the environment, so it also distinguishes a zombie that an
    agent left from a child of this process that other code waits for.
    """
    score = _agent_score()
    return "" if score is None else f"{{ echo {score} >/proc/self/oom_score_adj; }} 2>/dev/null; "


def has_agent_oom_score(pid: int) -> bool:
    score = _agent_score()
    return score is not None and _score(pid) == score


@cache
def _agent_score() -> int | None:
    own = _score(os.getpid())
    return None if own is None or own + _HANDICAP > _HIGHEST_SCORE else own + _HANDICAP


def _score(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/oom_score_adj") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


class ChildReaper:
    """Tracks session leaders that were started as commands, and attributes orphans to them.

    Orphans become children of the server, which is their subreaper. An orphan that has dropped
    its session, environment and OOM score is still recognised: no process can join the session of
    the server, and none is older than the command that it descends from.

    The lock keeps a thread that looks for orphans from mistaking a leader that was started a
    moment ago, and is not registered yet, for an orphan.
    """

    def __init__(self, *, parent: int | None = None, is_sole_parent: bool = False) -> None:
        """`parent` is the pid of the server, by default this process.

        `is_sole_parent`: the server starts nothing else in a session of its own, so that any
        other child in one is an orphan. Never true for pid 1, which adopts all orphans of the
        machine or container.
        """
        self.parent = parent or os.getpid()
        self.is_sole_parent = is_sole_parent and self.parent != 1
        server = process_entry(self.parent)
        self._session = server.session if server else None
        self._started: dict[int, int] = {}
        self._helpers: set[int] = set()
        self._since: int | None = None
        self._seen: dict[Identity, int] = {}
        self._lock = threading.Lock()

    @property
    def has_started(self) -> bool:
        """Whether any command was ever started."""
        return self._since is not None

    @contextmanager
    def starting(self) -> Iterator[Callable[[int], Identity]]:
        """Holds the lock: start a leader inside, and register its pid with the given function."""
        with self._lock:
            yield self._enter

    def enter_all(self, leaders: Iterable[Identity]) -> None:
        for pid, started in leaders:
            self._started[pid] = started
            self._since = started if self._since is None else min(self._since, started)

    def forget(self, pid: int) -> Identity | None:
        """None if the pid is unknown or already forgotten."""
        started = self._started.pop(pid, None)
        return None if started is None else (pid, started)

    @contextmanager
    def starting_helper(self) -> Iterator[set[int]]:
        """Holds the lock: start a helper of the server inside, and add its pid to the given set."""
        with self._lock:
            yield self._helpers

    def others(self, leader: int) -> Collection[int]:
        """The pids of all other running leaders."""
        return self._started.keys() - {leader}

    def remember(
        self, leader: int, descendants: Iterable[ProcessEntry], *, alive: Iterable[ProcessEntry]
    ) -> None:
        """Record descendants of a leader, so that they are recognised once they are orphaned."""
        living = {_identity(entry) for entry in alive}
        with self._lock:
            kept = {one: owner for one, owner in self._seen.items() if one in living}
            self._seen = kept | {_identity(entry): leader for entry in descendants}

    def is_orphan(self, entry: ProcessEntry) -> bool:
        """Whether it was started by a command and then adopted by the server."""
        if entry.parent != self.parent or entry.pid in self._started or entry.pid in self._helpers:
            return False
        if entry.session in self._started or _identity(entry) in self._seen:
            return True
        return self._must_be_orphan(entry) or has_agent_oom_score(entry.pid)

    def owners(self, orphan: ProcessEntry) -> Collection[int]:
        """The pids of running leaders it may descend from; empty if its command has ended."""
        if (seen := self._seen.get(_identity(orphan))) is not None:
            return {seen} & self._started.keys()
        if orphan.session in self._started:
            return {orphan.session}
        running = tuple(self._started.items())
        return {pid for pid, started in running if started <= orphan.started}

    def orphans(self, table: Iterable[ProcessEntry]) -> Sequence[ProcessEntry]:
        """The orphans in the table that are alive."""
        if (since := self._since) is None:
            return ()
        alive = [entry for entry in table if entry.started >= since and not entry.is_zombie]
        with self._lock:
            return [entry for entry in alive if self.is_orphan(entry)]

    def abandoned(self, table: Iterable[ProcessEntry]) -> Sequence[ProcessEntry]:
        """The orphans in the table that belong to no running command."""
        return [orphan for orphan in self.orphans(table) if not self.owners(orphan)]

    def reap_zombies(self, entries: Iterable[ProcessEntry]) -> Collection[int]:
        """Wait for orphans that are zombies; returns their pids."""
        if self.parent != os.getpid():
            return ()
        with self._lock:
            reaped = [entry.pid for entry in entries if entry.is_zombie and self.is_orphan(entry)]
            for pid in reaped:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        return reaped

    def _enter(self, pid: int) -> Identity:
        entry = process_entry(pid)
        leader = (pid, entry.started if entry else 0)
        self.enter_all((leader,))
        return leader

    def _must_be_orphan(self, entry: ProcessEntry) -> bool:
        is_later = self._since is not None and entry.started >= self._since
        return self.is_sole_parent and is_later and entry.session != self._session


def _identity(entry: ProcessEntry) -> Identity:
    return entry.pid, entry.started
