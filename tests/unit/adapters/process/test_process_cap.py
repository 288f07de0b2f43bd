import asyncio

import anyio

from adapters.process.process_cap import ProcessCap
from tests.patience import PATIENCE_S


class UncountableCrowd:
    """Cannot be counted at the first look."""

    def __init__(self) -> None:
        self.looks = 0
        self.was_ended = asyncio.Event()

    async def end_all(self, *, most: int) -> int:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("can't start new thread")
        self.was_ended.set()
        return most + 1


async def test_a_look_that_fails_is_not_the_last() -> None:
    crowd = UncountableCrowd()

    with anyio.fail_after(PATIENCE_S):
        async with ProcessCap().over(crowd, most=1):
            await crowd.was_ended.wait()
