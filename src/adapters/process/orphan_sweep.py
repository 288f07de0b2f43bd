"""Kills processes that outlived their task: of a dead server, and orphans of ended commands."""

import asyncio
import logging
import signal
from collections.abc import Callable, Collection, Sequence

from adapters.process.child_reaper import ChildReaper
from adapters.process.process_table import (
    ProcessEntry,
    fork_count,
    kill_marked_once,
    process_table,
    send_signal,
)

log = logging.getLogger(__name__)

_ROUND_S = 0.01
_MOST_ROUNDS = 200
_QUIET_ROUNDS = 3  # in a row: during one alone a process may have been starting
_LOOK_S = 1.0


async def kill_marked(markers: Collection[bytes], *, reaper: ChildReaper) -> Collection[int]:
    """Kill all processes with one of the markers in their environment; returns their pids."""
    killed: set[int] = set()
    quiet = 0
    for _ in range(_MOST_ROUNDS):
        found = await asyncio.to_thread(_kill_round, markers, reaper)
        quiet = 0 if found else quiet + 1
        if quiet == _QUIET_ROUNDS:
            break
        killed |= found
        await asyncio.sleep(_ROUND_S)
    return killed


async def kill_abandoned(reaper: ChildReaper) -> Sequence[ProcessEntry]:
    """Kill the orphans of ended commands; returns the orphans of running ones."""
    for _ in range(_MOST_ROUNDS):
        orphans, killed = await asyncio.to_thread(_kill_abandoned_once, reaper)
        if not killed:
            return orphans
        await asyncio.sleep(_ROUND_S)
    return ()


async def watch_orphans(
    reaper: ChildReaper, *, report: Callable[[Sequence[ProcessEntry]], None]
) -> None:
    """Once a second, until cancelled, kill orphans and report those of running commands.

    Some fork faster than they can be found when their command ends.
    """
    last_forks: int | None = None
    while True:
        await asyncio.sleep(_LOOK_S)
        forks = fork_count()
        if not reaper.has_started or (forks is not None and forks == last_forks):
            continue
        try:
            report(await kill_abandoned(reaper))
        except (OSError, RuntimeError) as error:
            # A fork bomb may leave no process for a thread; the next look tries again.
            log.warning("orphans cannot be looked for: %s", error)
        else:
            last_forks = forks


def _kill_round(markers: Collection[bytes], reaper: ChildReaper) -> set[int]:
    found = kill_marked_once(markers)
    table = list(process_table())  # before taking the lock that starts need
    reaper.reap_zombies(table)
    return found


def _kill_abandoned_once(reaper: ChildReaper) -> tuple[Sequence[ProcessEntry], int]:
    """The orphans of running commands, and how many others were killed."""
    table = list(process_table())
    reaper.reap_zombies(table)
    orphans = reaper.orphans(table)
    kept = [orphan for orphan in orphans if reaper.owners(orphan)]
    dying = [orphan for orphan in orphans if not reaper.owners(orphan)]
    return kept, sum(send_signal(orphan, signal.SIGKILL) for orphan in dying)
