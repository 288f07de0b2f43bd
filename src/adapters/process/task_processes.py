"""The processes of one command: found wherever they have gone, measured, signalled and killed."""

import asyncio
import os
import signal
import time
from collections.abc import Collection, Sequence
from contextlib import suppress

from adapters.process.child_reaper import ChildReaper
from adapters.process.process_table import (
    ProcessEntry,
    has_any_marker,
    has_other_marker,
    process_entry,
    process_table,
    send_signal,
    with_descendants,
)
from ports.process import ProcessUsage

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ROUND_S = 0.01
_LOOK_S = 0.05
_MOST_ROUNDS = 300


class UsageMeter:
    """CPU use is measured between two looks; the first one since this was made."""

    def __init__(self) -> None:
        self._ticks = 0
        self._looked_at = time.monotonic()

    def look(self, entries: Sequence[ProcessEntry]) -> ProcessUsage:
        now, ticks = time.monotonic(), sum(entry.cpu_ticks for entry in entries)
        # The CPU time of an orphan is lost with it, so the sum can shrink.
        used_s = max(0, ticks - self._ticks) / _TICKS_PER_S
        passed_s = max(now - self._looked_at, 1 / _TICKS_PER_S)
        self._ticks, self._looked_at = ticks, now
        return ProcessUsage(
            cpu_percent=round(100 * used_s / passed_s, 1),
            rss_bytes=sum(entry.rss_pages for entry in entries) * _PAGE_BYTES,
            processes=len(entries),
        )


class Descendants:
    """All descendants of a session leader, also those that left its group, session or parents.

    Every call reads the whole process table, so it belongs on a thread.
    """

    def __init__(self, leader: int, *, marker: bytes, reaper: ChildReaper) -> None:
        self._leader = leader
        self._marker = marker
        self._reaper = reaper
        entry = process_entry(leader)
        self._started = entry.started if entry else 0

    def find(self) -> list[ProcessEntry]:
        """All but the leader, including zombies."""
        found, _ = self._among(list(process_table()))
        return found

    def kill_round(self) -> tuple[Sequence[ProcessEntry], bool]:
        """Kill the descendants there are now, and orphans whose commands have all ended.

        Returns the former, and whether none can be left: none was found, and none is undecided.
        """
        everything = list(process_table())
        found, is_sure = self._among(everything)
        for entry in (*found, *self._reaper.abandoned(everything)):
            send_signal(entry, signal.SIGKILL)
        return found, is_sure and not found

    def _among(self, everything: Sequence[ProcessEntry]) -> tuple[list[ProcessEntry], bool]:
        """The descendants in the table, and whether every orphan could be attributed."""
        # A process older than the leader cannot descend from it.
        table = [entry for entry in everything if entry.started >= self._started]
        reaped = self._reaper.reap_zombies(table)
        table = [entry for entry in table if entry.pid not in reaped]
        known = {entry.pid for entry in table if entry.session == self._leader}
        known = with_descendants(known | {self._leader}, table)
        seen = [entry for entry in table if entry.pid in known]
        self._reaper.remember(self._leader, seen, alive=everything)
        # Of a fork bomb nearly all are known by now; reading environments is the slowest part.
        others = self._of_others(everything)
        rest = [entry for entry in table if entry.pid not in known | others]
        judged = [(one, self._is_own(one)) for one in rest]
        found = {one.pid for one, own in judged if own}
        spared = {self._leader, self._reaper.parent, os.getpid()}
        left = with_descendants(known | found, table) - spared
        # Only adopted processes count: on a busy machine unrelated ones come and go all the time.
        server = self._reaper.parent
        is_sure = not any(own is None and one.parent == server for one, own in judged)
        return [entry for entry in table if entry.pid in left], is_sure

    def _of_others(self, table: Sequence[ProcessEntry]) -> set[int]:
        """Descendants of other commands, which may be of the same task and have its marker."""
        others = self._reaper.others(self._leader)
        sessions = {entry.pid for entry in table if entry.session in others}
        return with_descendants(sessions.union(others), table)

    def _is_own(self, entry: ProcessEntry) -> bool | None:
        """None if unknown, as with `has_any_marker`."""
        if entry.is_zombie:
            return False
        if not self._reaper.is_orphan(entry):
            return has_any_marker(entry.pid, (self._marker,))
        owners = self._reaper.owners(entry)
        if self._leader not in owners:
            return False
        if len(owners) == 1:
            is_of_another = has_other_marker(entry.pid, (self._marker,))
            return None if is_of_another is None else not is_of_another
        return has_any_marker(entry.pid, (self._marker,))


def groups_to_kill(entries: Sequence[ProcessEntry], *, leader: int) -> Sequence[int]:
    """The process groups of the entries, the leader's first: bubblewrap would otherwise see its
    pid 1 die, and exit with 137 instead of dying by the signal."""
    groups = {entry.group for entry in entries} - {0, os.getpgrp()}
    return sorted(groups, key=lambda group: (group != leader, group))


class TaskProcesses:
    """The leader of a session, its process group, and its strays: descendants that have left the
    session and are recognised by their environment or parents."""

    def __init__(self, leader: int, *, marker: bytes, reaper: ChildReaper) -> None:
        self._leader = leader
        self._descendants = Descendants(leader, marker=marker, reaper=reaper)

    def signal_group(self, number: int) -> None:
        """Safe as long as the leader has not been reaped."""
        try:
            os.killpg(self._leader, number)
        except (ProcessLookupError, PermissionError):
            return

    async def signal_inside(self, number: int) -> bool:
        """Signal what runs in a sandbox, without the leader and its children: bubblewrap itself.

        False if nothing runs inside yet.
        """
        descendants = await asyncio.to_thread(self._descendants.find)
        inside = [entry for entry in descendants if entry.parent != self._leader]
        for entry in inside:
            send_signal(entry, number)
        return bool(inside)

    async def signal_other_group(self, group: int, number: int) -> None:
        """Signal members of the group that are in the leader's session."""
        for entry in await asyncio.to_thread(self._descendants.find):
            if entry.group == group and entry.session == self._leader:
                send_signal(entry, number)

    def living(self) -> Sequence[ProcessEntry]:
        """The leader and all its descendants; slow, for a thread."""
        leader = process_entry(self._leader)
        alive = [entry for entry in self._descendants.find() if not entry.is_zombie]
        return [*((leader,) if leader else ()), *alive]

    def kill_groups_of(self, entries: Sequence[ProcessEntry]) -> None:
        """Kill whole groups, which is atomic and so outruns a fork bomb; a sandbox dies with its pid 1."""
        for group in groups_to_kill(entries, leader=self._leader):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    async def group_gone(self, *, timeout_s: float) -> None:
        """Wait until the leader is the last of its group, by polling."""
        for _ in range(round(timeout_s / _LOOK_S)):
            descendants = await asyncio.to_thread(self._descendants.find)
            if not any(self._is_in_group(entry) for entry in descendants):
                return
            await asyncio.sleep(_LOOK_S)

    def _is_in_group(self, entry: ProcessEntry) -> bool:
        return entry.group == self._leader and not entry.is_zombie

    async def kill_descendants(self) -> Collection[int]:
        """Kill until none is left; returns the pids of those that had left the session."""
        strays: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            found, is_done = await asyncio.to_thread(self._descendants.kill_round)
            if is_done:
                break
            strays.update(entry.pid for entry in found if self._is_stray(entry))
            await asyncio.sleep(_ROUND_S)
        return strays

    def _is_stray(self, entry: ProcessEntry) -> bool:
        return entry.session != self._leader and not entry.is_zombie
