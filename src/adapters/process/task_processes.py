"""Everything that descends from one task's command, also what has left its group."""

import asyncio
import os
import signal
from collections.abc import Collection, Sequence
from contextlib import suppress

from adapters.process.leaders import Leaders
from adapters.process.process_table import (
    ProcessEntry,
    carries_any,
    process_entry,
    process_table,
    send_signal,
)

_ROUND_S = 0.01
_LOOK_S = 0.05
_MOST_ROUNDS = 300


class TaskProcesses:
    """The leader of a session, its group, and its strays: those that only their environment or
    their parents give away."""

    def __init__(self, leader: int, *, mark: bytes, leaders: Leaders) -> None:
        self._leader = leader
        self._mark = mark
        self._leaders = leaders
        entry = process_entry(leader)
        self._started = entry.started if entry else 0

    def signal_group(self, number: int) -> None:
        """Safe as long as the leader has not been reaped."""
        try:
            os.killpg(self._leader, number)
        except (ProcessLookupError, PermissionError):
            return

    async def signal_inside(self, number: int) -> bool:
        """Signal what runs in a sandbox, of which the leader and its children are the shell.

        False if nothing did: one that is being set up is still empty.
        """
        followers = await asyncio.to_thread(self._followers)
        inside = [entry for entry in followers if entry.parent != self._leader]
        for entry in inside:
            send_signal(entry, number)
        return bool(inside)

    async def signal_other_group(self, group: int, number: int) -> None:
        """Signal those of the leader's session that are in the group."""
        for entry in await asyncio.to_thread(self._followers):
            if entry.group == group and entry.session == self._leader:
                send_signal(entry, number)

    def living(self) -> Sequence[ProcessEntry]:
        """The leader and all its followers; for a thread, it takes a while."""
        leader = process_entry(self._leader)
        alive = [entry for entry in self._followers() if not entry.is_zombie]
        return [*((leader,) if leader else ()), *alive]

    def kill_groups_of(self, entries: Sequence[ProcessEntry]) -> None:
        """A group dies at once, faster than it can fork; a sandbox, with its first process."""
        for group in {entry.group for entry in entries} - {0, os.getpgrp()}:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    async def group_gone(self, *, timeout_s: float) -> None:
        """Wait until the leader is the last of its group; nobody tells, so it has to look."""
        for _ in range(round(timeout_s / _LOOK_S)):
            followers = await asyncio.to_thread(self._followers)
            if not any(self._is_at_work_in_group(entry) for entry in followers):
                return
            await asyncio.sleep(_LOOK_S)

    def _is_at_work_in_group(self, entry: ProcessEntry) -> bool:
        return entry.group == self._leader and not entry.is_zombie

    async def kill_followers(self) -> Collection[int]:
        """Kill until none is left; the pids of those that had left the session."""
        strays: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            found = await asyncio.to_thread(self._kill_round)
            if not found:
                break
            strays.update(entry.pid for entry in found if self._is_stray(entry))
            await asyncio.sleep(_ROUND_S)
        return strays

    def _kill_round(self) -> list[ProcessEntry]:
        found = self._followers()
        for entry in found:
            send_signal(entry, signal.SIGKILL)
        return found

    def _is_stray(self, entry: ProcessEntry) -> bool:
        return entry.session != self._leader and not entry.is_zombie

    def _followers(self) -> list[ProcessEntry]:
        """All but the leader, also dead ones that their parents have not reaped."""
        everything = list(process_table())
        # What is older than the leader cannot descend from it.
        table = [entry for entry in everything if entry.started >= self._started]
        buried = self._leaders.bury(table)
        table = [entry for entry in table if entry.pid not in buried]
        known = {entry.pid for entry in table if entry.session == self._leader}
        known = _with_descendants(known | {self._leader}, table)
        # Of a crowd nearly all are known by now; to read an environment takes longest.
        others = self._of_others(everything)
        rest = [entry for entry in table if entry.pid not in known | others]
        found = {entry.pid for entry in rest if self._is_own(entry)}
        left = _with_descendants(known | found, table) - {self._leader, os.getpid()}
        return [entry for entry in table if entry.pid in left]

    def _of_others(self, table: Sequence[ProcessEntry]) -> set[int]:
        """What descends from other commands, which may be of the same task and have its mark."""
        others = self._leaders.others(self._leader)
        sessions = {entry.pid for entry in table if entry.session in others}
        return _with_descendants(sessions.union(others), table)

    def _is_own(self, entry: ProcessEntry) -> bool:
        if entry.is_zombie:
            return False
        return carries_any(entry.pid, (self._mark,)) or self._is_foundling(entry)

    def _is_foundling(self, entry: ProcessEntry) -> bool:
        """Adopted from a task and without its mark: this one's, if no other task is running."""
        return len(self._leaders) == 1 and self._leaders.is_orphan(entry)


def _with_descendants(pids: set[int], table: Sequence[ProcessEntry]) -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in table:
        children.setdefault(entry.parent, []).append(entry.pid)
    found, new = set(pids), list(pids)
    while new:
        new = [child for pid in new for child in children.get(pid, ()) if child not in found]
        found.update(new)
    return found
