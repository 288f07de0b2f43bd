"""The processes of one command: signalled, waited for and killed, wherever they are."""

import asyncio
import os
import signal
from collections.abc import Collection, Sequence
from contextlib import suppress

from adapters.process.child_reaper import ChildReaper
from adapters.process.followers import Followers
from adapters.process.process_table import ProcessEntry, process_entry, send_signal

_ROUND_S = 0.01
_LOOK_S = 0.05
_MOST_ROUNDS = 300


class TaskProcesses:
    """The leader of a session, its group, and its strays: those that only their environment or
    their parents give away."""

    def __init__(self, leader: int, *, mark: bytes, leaders: ChildReaper) -> None:
        self._leader = leader
        self._followers = Followers(leader, mark=mark, leaders=leaders)

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
        followers = await asyncio.to_thread(self._followers.find)
        inside = [entry for entry in followers if entry.parent != self._leader]
        for entry in inside:
            send_signal(entry, number)
        return bool(inside)

    async def signal_other_group(self, group: int, number: int) -> None:
        """Signal those of the leader's session that are in the group."""
        for entry in await asyncio.to_thread(self._followers.find):
            if entry.group == group and entry.session == self._leader:
                send_signal(entry, number)

    def living(self) -> Sequence[ProcessEntry]:
        """The leader and all its followers; for a thread, it takes a while."""
        leader = process_entry(self._leader)
        alive = [entry for entry in self._followers.find() if not entry.is_zombie]
        return [*((leader,) if leader else ()), *alive]

    def kill_groups_of(self, entries: Sequence[ProcessEntry]) -> None:
        """A group dies at once, faster than it can fork; a sandbox, with its first process."""
        for group in {entry.group for entry in entries} - {0, os.getpgrp()}:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    async def group_gone(self, *, timeout_s: float) -> None:
        """Wait until the leader is the last of its group; nobody tells, so it has to look."""
        for _ in range(round(timeout_s / _LOOK_S)):
            followers = await asyncio.to_thread(self._followers.find)
            if not any(self._is_at_work_in_group(entry) for entry in followers):
                return
            await asyncio.sleep(_LOOK_S)

    def _is_at_work_in_group(self, entry: ProcessEntry) -> bool:
        return entry.group == self._leader and not entry.is_zombie

    async def kill_followers(self) -> Collection[int]:
        """Kill until none is left; the pids of those that had left the session."""
        strays: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            found, was_last = await asyncio.to_thread(self._followers.kill_round)
            if was_last:
                break
            strays.update(entry.pid for entry in found if self._is_stray(entry))
            await asyncio.sleep(_ROUND_S)
        return strays

    def _is_stray(self, entry: ProcessEntry) -> bool:
        return entry.session != self._leader and not entry.is_zombie
