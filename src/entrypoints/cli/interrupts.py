"""Ctrl-C: the first cancels the task and waits for its end, the second kills it, the third exits."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager

from domain.errors import AgentcastError
from domain.task_events import CancelMode
from entrypoints.cli.exit_code import ExitCode

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MAX_PENDING = 3


async def cancelling_on_interrupt(
    following: Coroutine[None, None, int],
    *,
    cancel: Callable[[CancelMode], Awaitable[None]],
    notice: Callable[[str], None],
) -> int:
    """Returns the exit code of `following`, or STOPPED_WATCHING after the third interrupt."""
    with _interrupts() as interrupts:
        task = asyncio.create_task(following)
        leaving = asyncio.create_task(_handle(interrupts, cancel=cancel, notice=notice))
        try:
            await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            notice("left before the end of the task")
            return ExitCode.STOPPED_WATCHING
        finally:
            await _end(task, leaving)


async def leaving_on_interrupt(
    following: Coroutine[None, None, int], *, notice: Callable[[str], None]
) -> int:
    """Returns the exit code of `following`, which an interrupt ends without cancelling a task."""
    with _interrupts() as interrupts:
        task = asyncio.create_task(following)
        leaving = asyncio.create_task(interrupts.get())
        try:
            await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            notice("stopped watching; no task was cancelled")
            return ExitCode.STOPPED_WATCHING
        finally:
            await _end(task, leaving)


async def _handle(
    interrupts: asyncio.Queue[None],
    *,
    cancel: Callable[[CancelMode], Awaitable[None]],
    notice: Callable[[str], None],
) -> None:
    modes: tuple[tuple[CancelMode, str], ...] = (
        ("graceful", "cancelling the task, waiting for its end; press Ctrl-C again to kill it"),
        ("kill", "killing the task; press Ctrl-C again to leave without waiting"),
    )
    for mode, text in modes:
        await interrupts.get()
        notice(text)
        try:
            await cancel(mode)
        except AgentcastError as error:
            notice(str(error))
    await interrupts.get()


@contextmanager
def _interrupts() -> Iterator[asyncio.Queue[None]]:
    """A queue of interrupts; more than three pending ones are dropped."""
    interrupts: asyncio.Queue[None] = asyncio.Queue(_MAX_PENDING)
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        if not interrupts.full():
            interrupts.put_nowait(None)

    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupt)
    try:
        yield interrupts
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _end(*tasks: asyncio.Task[int] | asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
