"""Kills what a dead server's tasks left running on this machine."""

import asyncio
import os
import signal
from collections.abc import Collection

from adapters.process.leaders import Leaders
from adapters.process.process_table import carries_any, process_table, send_signal

_ROUND_S = 0.01
_MOST_ROUNDS = 200


async def kill_carriers(marks: Collection[bytes], *, leaders: Leaders) -> Collection[int]:
    """Kill everything whose environment holds one of the marks; the pids that were killed."""
    killed: set[int] = set()
    for _ in range(_MOST_ROUNDS):
        found = await asyncio.to_thread(_kill_round, marks, leaders)
        if not found:
            break
        killed |= found
        await asyncio.sleep(_ROUND_S)
    return killed


def _kill_round(marks: Collection[bytes], leaders: Leaders) -> set[int]:
    table = [entry for entry in process_table() if entry.pid != os.getpid()]
    found = {
        entry.pid
        for entry in table
        if not entry.is_zombie and carries_any(entry.pid, marks)
        if send_signal(entry, signal.SIGKILL)
    }
    leaders.bury(table)
    return found
