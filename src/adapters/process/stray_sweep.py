"""Kills what tasks left running on this machine: those of a dead server, and those that ended."""

import asyncio
import logging
import signal
from collections.abc import Callable, Collection, Sequence

from adapters.process.child_reaper import ChildReaper
from adapters.process.fork_count import fork_count
from adapters.process.process_table import (
    ProcessEntry,
    kill_carriers,
    process_table,
    send_signal,
)

log = logging.getLogger(__name__)

_ROUND_S = 0.01
_MOST_ROUNDS = 200
_QUIET_ROUNDS = 3  # in a row: in one alone a process may have been in the middle of a start
_LOOK_S = 1.0


async def end_carriers(marks: Collection[bytes], *, leaders: ChildReaper) -> Collection[int]:
    """Kill everything whose environment holds one of the marks; the pids that were killed."""
    killed: set[int] = set()
    quiet = 0
    for _ in range(_MOST_ROUNDS):
        found = await asyncio.to_thread(_kill_round, marks, leaders)
        quiet = 0 if found else quiet + 1
        if quiet == _QUIET_ROUNDS:
            break
        killed |= found
        await asyncio.sleep(_ROUND_S)
    return killed


async def end_abandoned(leaders: ChildReaper) -> Sequence[ProcessEntry]:
    """Kill the orphans of commands that have ended; those of commands that are running."""
    for _ in range(_MOST_ROUNDS):
        orphans, killed = await asyncio.to_thread(_kill_abandoned, leaders)
        if not killed:
            return orphans
        await asyncio.sleep(_ROUND_S)
    return ()


async def look_after_orphans(
    leaders: ChildReaper, *, report: Callable[[Sequence[ProcessEntry]], None]
) -> None:
    """For ever: some fork faster than they can be found when their command ends.

    Those that may live on are reported.
    """
    looked_at: int | None = None
    while True:
        await asyncio.sleep(_LOOK_S)
        forks = fork_count()
        if not leaders.has_started or (forks is not None and forks == looked_at):
            continue
        try:
            report(await end_abandoned(leaders))
        except (OSError, RuntimeError) as error:
            # A crowd may leave no room for a thread to look on, so the next look tries again.
            log.warning("orphans cannot be looked for: %s", error)
        else:
            looked_at = forks


def _kill_round(marks: Collection[bytes], leaders: ChildReaper) -> set[int]:
    found = kill_carriers(marks)
    table = list(process_table())  # before the lock is taken, which starts wait for
    leaders.bury(table)
    return found


def _kill_abandoned(leaders: ChildReaper) -> tuple[Sequence[ProcessEntry], int]:
    """The orphans that belong to a running command, and how many others were killed."""
    table = list(process_table())
    leaders.bury(table)
    orphans = leaders.orphans(table)
    kept = [orphan for orphan in orphans if leaders.owners(orphan)]
    dying = [orphan for orphan in orphans if not leaders.owners(orphan)]
    return kept, sum(send_signal(orphan, signal.SIGKILL) for orphan in dying)
