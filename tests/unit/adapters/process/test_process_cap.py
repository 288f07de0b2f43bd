import asyncio

import anyio

from adapters.process.process_cap import ProcessCap
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
