import asyncio
import os
from dataclasses import replace

import anyio

from adapters.process.process_cap import ProcessCap, count_living
from adapters.process.process_table import ProcessEntry, process_entry
from tests.patience import PATIENCE_S


class UncountableProcess:
    """Cannot be counted at the first look."""

    def __init__(self) -> None:
        self.looks = 0
        self.was_ended = asyncio.Event()

    async def kill_if_over(self, *, most: int) -> int:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("can't start new thread")
        self.was_ended.set()
        return most + 1


async def test_processes_are_counted_again_after_a_failure() -> None:
    process = UncountableProcess()

    with anyio.fail_after(PATIENCE_S):
        async with ProcessCap().applied_to(process, most=1):
            await process.was_ended.wait()


def test_processes_that_have_ended_since_do_not_exceed_a_cap() -> None:
    assert count_living([_own(), *_ended(2)], most=2) == 1


def test_far_above_the_cap_all_count_as_those_of_a_fork_bomb_may_end_soon() -> None:
    assert count_living(_ended(2_000), most=2) == 2_000


def test_what_is_within_the_cap_is_not_looked_at_again() -> None:
    assert count_living(_ended(2), most=2) == 2


def _own() -> ProcessEntry:
    entry = process_entry(os.getpid())
    assert entry is not None
    return entry


def _ended(count: int) -> list[ProcessEntry]:
    """Of pids that no process can have."""
    return [replace(_own(), pid=2**31 - number) for number in range(1, count + 1)]
