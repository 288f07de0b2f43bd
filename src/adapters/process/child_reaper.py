"""Knows which children of the server were started as commands, and whose the orphans are."""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from adapters.process.process_table import ProcessEntry, process_entry
from adapters.process.subreaper import is_branded

Identity = tuple[int, int]
"""A pid and when it was started: together they name one process only."""


class ChildReaper:
    """The processes that were started as commands, each the leader of a session of its own.

    Their orphans become children of the server. One that has left its session, environment and
    score behind is known by what it cannot be: no process enters another's session, so it is not
    in the server's; and none is older than the command that it descends from.

    The lock keeps a thread that looks for orphans from taking a leader for an orphan that has
    just been started and not been entered yet.
    """

    def __init__(self, *, parent: int | None = None, is_sole_parent: bool = False) -> None:
        """`parent` is the server, by default this process.

        `is_sole_parent`: it starts nothing else in a session of its own, so that any other child
        in one is an orphan. The first process of a machine or container never is: it also adopts
        what others start.
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
        """Whether there ever was one."""
        return self._since is not None

    @contextmanager
    def starting(self) -> Iterator[Callable[[int], Identity]]:
        """Start a leader inside, and enter its pid with what is given."""
        with self._lock:
            yield self._enter

    def enter_all(self, leaders: Iterable[Identity]) -> None:
        for pid, started in leaders:
            self._started[pid] = started
            self._since = started if self._since is None else min(self._since, started)

    def forget(self, pid: int) -> Identity | None:
        """None if it was not known, or is forgotten already."""
        started = self._started.pop(pid, None)
        return None if started is None else (pid, started)

    @contextmanager
    def helping(self) -> Iterator[set[int]]:
        """The children that serve the server itself; start and enter them inside."""
        with self._lock:
            yield self._helpers

    def others(self, leader: int) -> Collection[int]:
        """All that are running but for this one."""
        return self._started.keys() - {leader}

    def remember(
        self, leader: int, descendants: Iterable[ProcessEntry], *, alive: Iterable[ProcessEntry]
    ) -> None:
        """Descendants that were seen beneath their leader are known once they are orphans."""
        living = {_identity(entry) for entry in alive}
        with self._lock:
            kept = {one: owner for one, owner in self._seen.items() if one in living}
            self._seen = kept | {_identity(entry): leader for entry in descendants}

    def is_orphan(self, entry: ProcessEntry) -> bool:
        """Whether it is a child of the server by adoption, from one of its commands."""
        if entry.parent != self.parent or entry.pid in self._started or entry.pid in self._helpers:
            return False
        if entry.session in self._started or _identity(entry) in self._seen:
            return True
        return self._must_be_orphan(entry) or is_branded(entry.pid)

    def owners(self, orphan: ProcessEntry) -> Collection[int]:
        """The running leaders that it may descend from; none if its command has ended."""
        if (seen := self._seen.get(_identity(orphan))) is not None:
            return {seen} & self._started.keys()
        if orphan.session in self._started:
            return {orphan.session}
        running = tuple(self._started.items())
        return {pid for pid, started in running if started <= orphan.started}

    def orphans(self, table: Iterable[ProcessEntry]) -> Sequence[ProcessEntry]:
        """Those among these that are alive."""
        if (since := self._since) is None:
            return ()
        alive = [entry for entry in table if entry.started >= since and not entry.is_zombie]
        with self._lock:
            return [entry for entry in alive if self.is_orphan(entry)]

    def abandoned(self, table: Iterable[ProcessEntry]) -> Sequence[ProcessEntry]:
        """The orphans among these that belong to no command that is running."""
        return [orphan for orphan in self.orphans(table) if not self.owners(orphan)]

    def bury(self, entries: Iterable[ProcessEntry]) -> Collection[int]:
        """Reap the dead among the orphans; their pids."""
        if self.parent != os.getpid():
            return ()
        with self._lock:
            buried = [entry.pid for entry in entries if entry.is_zombie and self.is_orphan(entry)]
            for pid in buried:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        return buried

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
