"""Everything that descends from one task's command, also what has left its group."""

import asyncio
import os
import signal
from collections.abc import Collection

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

    def signal_group(self, number: signal.Signals) -> None:
        """Safe as long as the leader has not been reaped."""
        try:
            os.killpg(self._leader, number)
        except (ProcessLookupError, PermissionError):
            return

    async def signal_followers(self, number: signal.Signals) -> None:
        """Signal all but the leader."""
        for entry in await asyncio.to_thread(self._followers):
            send_signal(entry, number)

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
        # What is older than the leader cannot descend from it.
        table = [entry for entry in process_table() if entry.started >= self._started]
        buried = self._leaders.bury(table)
        table = [entry for entry in table if entry.pid not in buried]
        followers = {entry.pid for entry in table if self._is_own(entry)} | {self._leader}
        while more := {e.pid for e in table if e.parent in followers} - followers:
            followers |= more
        left = followers - {self._leader, os.getpid()}
        return [entry for entry in table if entry.pid in left]

    def _is_own(self, entry: ProcessEntry) -> bool:
        if entry.session == self._leader:
            return True
        if entry.is_zombie:
            return False
        return carries_any(entry.pid, (self._mark,)) or self._is_foundling(entry)

    def _is_foundling(self, entry: ProcessEntry) -> bool:
        """Adopted from a task and without its mark: this one's, if no other task is running."""
        return len(self._leaders) == 1 and self._leaders.is_orphan(entry)
