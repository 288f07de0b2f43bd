"""Knows which children of this process are waited for here, and reaps those nobody waits for."""

import os
import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from adapters.process.adoption import is_branded
from adapters.process.launch import Launched
from adapters.process.process_table import ProcessEntry


class Leaders:
    """The processes that were started here, each the leader of a session of its own.

    The lock keeps a thread that looks for orphans from taking one for an orphan that has just
    been started and not been entered yet.
    """

    def __init__(self) -> None:
        self._pids: set[int] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pids)

    def start(self, launch: Callable[[], Launched]) -> Launched:
        with self._lock:
            launched = launch()
            self._pids.add(launched.popen.pid)
        return launched

    def forget(self, pid: int) -> None:
        self._pids.discard(pid)

    def others(self, leader: int) -> Collection[int]:
        """All that are running but for this one."""
        return self._pids.copy() - {leader}

    def is_orphan(self, entry: ProcessEntry) -> bool:
        """Whether it is a child of ours by adoption, from one of our agents."""
        if entry.parent != os.getpid() or entry.pid in self._pids:
            return False
        return entry.session in self._pids or is_branded(entry.pid)

    def bury(self, entries: Iterable[ProcessEntry]) -> Collection[int]:
        """Reap the dead among the orphans; their pids."""
        with self._lock:
            buried = [entry.pid for entry in entries if entry.is_zombie and self.is_orphan(entry)]
            for pid in buried:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        return buried
