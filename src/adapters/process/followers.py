"""Everything that descends from one command, also what has left its group, session or parents."""

import os
import signal
from collections.abc import Iterable, Sequence

from adapters.process.leaders import Leaders
from adapters.process.process_table import (
    ProcessEntry,
    carries_another,
    carries_any,
    process_entry,
    process_table,
    send_signal,
)


class Followers:
    """Those of the leader of a session. Every look takes a while: it is for a thread."""

    def __init__(self, leader: int, *, mark: bytes, leaders: Leaders) -> None:
        self._leader = leader
        self._mark = mark
        self._leaders = leaders
        entry = process_entry(leader)
        self._started = entry.started if entry else 0

    def find(self) -> list[ProcessEntry]:
        """All but the leader, also dead ones that their parents have not reaped."""
        return self._among(list(process_table()))

    def kill_round(self) -> list[ProcessEntry]:
        """Kill those that are there now, and orphans whose commands have all ended; the former."""
        everything = list(process_table())
        found = self._among(everything)
        for entry in (*found, *self._leaders.abandoned(everything)):
            send_signal(entry, signal.SIGKILL)
        return found

    def _among(self, everything: Sequence[ProcessEntry]) -> list[ProcessEntry]:
        # What is older than the leader cannot descend from it.
        table = [entry for entry in everything if entry.started >= self._started]
        buried = self._leaders.bury(table)
        table = [entry for entry in table if entry.pid not in buried]
        known = {entry.pid for entry in table if entry.session == self._leader}
        known = with_descendants(known | {self._leader}, table)
        seen = [entry for entry in table if entry.pid in known]
        self._leaders.remember(self._leader, seen, alive=everything)
        # Of a crowd nearly all are known by now; to read an environment takes longest.
        others = self._of_others(everything)
        rest = [entry for entry in table if entry.pid not in known | others]
        found = {entry.pid for entry in rest if self._is_own(entry)}
        server = {self._leaders.parent, os.getpid()}
        left = with_descendants(known | found, table) - {self._leader} - server
        return [entry for entry in table if entry.pid in left]

    def _of_others(self, table: Sequence[ProcessEntry]) -> set[int]:
        """What descends from other commands, which may be of the same task and have its mark."""
        others = self._leaders.others(self._leader)
        sessions = {entry.pid for entry in table if entry.session in others}
        return with_descendants(sessions.union(others), table)

    def _is_own(self, entry: ProcessEntry) -> bool:
        if entry.is_zombie:
            return False
        if not self._leaders.is_orphan(entry):
            return carries_any(entry.pid, (self._mark,))
        owners = self._leaders.owners(entry)
        if self._leader not in owners:
            return False
        if len(owners) == 1:
            return not carries_another(entry.pid, (self._mark,))
        return carries_any(entry.pid, (self._mark,))


def with_descendants(pids: set[int], table: Iterable[ProcessEntry]) -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in table:
        children.setdefault(entry.parent, []).append(entry.pid)
    found, new = set(pids), list(pids)
    while new:
        new = [child for pid in new for child in children.get(pid, ()) if child not in found]
        found.update(new)
    return found
