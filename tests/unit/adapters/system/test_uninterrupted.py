import asyncio

import anyio
import pytest

from adapters.system.uninterrupted import uninterrupted
from tests.patience import PATIENCE_S


async def test_work_is_finished_however_often_it_is_cancelled() -> None:
    may_end, done = anyio.Event(), anyio.Event()

    async def work() -> None:
        await may_end.wait()
        done.set()

    caller = asyncio.ensure_future(uninterrupted(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()

    with anyio.fail_after(PATIENCE_S), pytest.raises(asyncio.CancelledError):
        await caller
    assert done.is_set()
