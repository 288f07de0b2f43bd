"""Ctrl-C while a task is followed."""

import asyncio
import os
import signal

import anyio

from domain.errors import Unavailable
from domain.task_events import CancelMode
from entrypoints.cli.interrupts import cancelling_on_interrupt, leaving_on_interrupt
from tests.patience import PATIENCE_S


class FollowedTask:
    """A task that ends when it has been cancelled `patience` times."""

    def __init__(self, *, patience: int) -> None:
        self.modes: list[CancelMode] = []
        self.notices: list[str] = []
        self._patience = patience
        self._ended = asyncio.Event()

    async def follow(self) -> int:
        _interrupt()
        await self._ended.wait()
        return 3

    async def cancel(self, mode: CancelMode) -> None:
        self.modes.append(mode)
        if len(self.modes) == self._patience:
            self._ended.set()
        else:
            _interrupt()

    async def run(self) -> int:
        with anyio.fail_after(PATIENCE_S):
            return await cancelling_on_interrupt(
                self.follow(), cancel=self.cancel, notice=self.notices.append
            )


async def test_the_first_interrupt_cancels_and_waits_for_the_end() -> None:
    task = FollowedTask(patience=1)

    assert (await task.run(), task.modes) == (3, ["graceful"])


async def test_the_second_interrupt_kills() -> None:
    task = FollowedTask(patience=2)

    assert (await task.run(), task.modes) == (3, ["graceful", "kill"])


async def test_the_third_interrupt_exits_without_waiting() -> None:
    task = FollowedTask(patience=3)

    assert (await task.run(), task.modes) == (130, ["graceful", "kill"])
    assert task.notices == [
        "cancelling the task, waiting for its end; press Ctrl-C again to kill it",
        "killing the task; press Ctrl-C again to leave without waiting",
        "left before the end of the task",
    ]


async def test_a_failed_cancel_is_reported_and_can_be_repeated() -> None:
    notices: list[str] = []
    modes: list[CancelMode] = []

    async def follow() -> int:
        _interrupt()
        await asyncio.Event().wait()
        return 0

    async def cancel(mode: CancelMode) -> None:
        modes.append(mode)
        _interrupt()
        raise Unavailable("the server is away")

    with anyio.fail_after(PATIENCE_S):
        code = await cancelling_on_interrupt(follow(), cancel=cancel, notice=notices.append)

    assert (code, modes) == (130, ["graceful", "kill"])
    assert notices.count("the server is away") == 2


async def test_an_interrupt_ends_the_watching() -> None:
    async def follow() -> int:
        _interrupt()
        await asyncio.Event().wait()
        return 0

    notices: list[str] = []
    with anyio.fail_after(PATIENCE_S):
        assert await leaving_on_interrupt(follow(), notice=notices.append) == 130
    assert notices == ["stopped watching; no task was cancelled"]


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
