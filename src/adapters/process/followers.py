"""Everything that descends from one command, also what has left its group, session or parents."""

import os
import signal
from collections.abc import Iterable, Sequence

from adapters.process.child_reaper import ChildReaper
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

    def __init__(self, leader: int, *, mark: bytes, leaders: ChildReaper) -> None:
        self._leader = leader
        self._mark = mark
        self._leaders = leaders
        entry = process_entry(leader)
        self._started = entry.started if entry else 0

    def find(self) -> list[ProcessEntry]:
        """All but the leader, also dead ones that their parents have not reaped."""
        found, _ = self._among(list(process_table()))
        return found

    def kill_round(self) -> tuple[Sequence[ProcessEntry], bool]:
        """Kill those that are there now, and orphans whose commands have all ended.

        Returns the former, and whether none can be left: there was none, and none that may be one.
        """
        everything = list(process_table())
        found, is_sure = self._among(everything)
        for entry in (*found, *self._leaders.abandoned(everything)):
            send_signal(entry, signal.SIGKILL)
        return found, is_sure and not found

    def _among(self, everything: Sequence[ProcessEntry]) -> tuple[list[ProcessEntry], bool]:
        """Those among all, and whether that is known of every orphan."""
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
        judged = [(one, self._is_own(one)) for one in rest]
        found = {one.pid for one, own in judged if own}
        spared = {self._leader, self._leaders.parent, os.getpid()}
        left = with_descendants(known | found, table) - spared
        # Only what the server has adopted counts: on a busy machine strangers come and go always.
        server = self._leaders.parent
        is_sure = not any(own is None and one.parent == server for one, own in judged)
        return [entry for entry in table if entry.pid in left], is_sure

    def _of_others(self, table: Sequence[ProcessEntry]) -> set[int]:
        """What descends from other commands, which may be of the same task and have its mark."""
        others = self._leaders.others(self._leader)
        sessions = {entry.pid for entry in table if entry.session in others}
        return with_descendants(sessions.union(others), table)

    def _is_own(self, entry: ProcessEntry) -> bool | None:
        """None as with `carries_any`."""
        if entry.is_zombie:
            return False
        if not self._leaders.is_orphan(entry):
            return carries_any(entry.pid, (self._mark,))
        owners = self._leaders.owners(entry)
        if self._leader not in owners:
            return False
        if len(owners) == 1:
            is_of_another = carries_another(entry.pid, (self._mark,))
            return None if is_of_another is None else not is_of_another
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
