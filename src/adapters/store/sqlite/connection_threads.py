"""Threads with a database connection each, so that a synchronous driver never blocks the loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

Job = Callable[[Connection], None]


class ConnectionThreads:
    """One queue of jobs, taken in order by the first thread that is free.

    It is bounded by its callers, each of which waits for its own job.
    """

    def __init__(self, engine: Engine, *, name: str, count: int) -> None:
        self._engine = engine
        self._name = name
        self._count = count
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[Thread] = []

    async def start(self) -> None:
        """Raises what connecting raised."""
        loop = asyncio.get_running_loop()
        for number in range(self._count):
            connected: asyncio.Future[None] = loop.create_future()
            thread = Thread(
                target=self._work, args=(loop, connected), name=f"{self._name}-{number}"
            )
            thread.start()
            self._threads.append(thread)  # already now: the wait for it may be cancelled
            try:
                await connected
            except Exception:
                self._threads.pop()  # it has ended by itself
                raise

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do the work on a thread. If the caller is cancelled, work that has not begun is skipped."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.begin(
            work,
            on_done=partial(_resolve, answer),
            on_error=partial(_fail, answer),
            is_skipped=answer.cancelled,
        )
        return await answer

    def begin(
        self,
        work: Callable[[Connection], T],
        *,
        on_done: Callable[[T], None],
        on_error: Callable[[BaseException], None],
        is_skipped: Callable[[], bool] = lambda: False,
    ) -> None:
        """As `run`, but the loop calls `on_done` or `on_error`, one turn sooner than a future would."""
        loop = asyncio.get_running_loop()

        def job(connection: Connection) -> None:
            if is_skipped():
                return
            try:
                result = work(connection)
            except Exception as error:  # noqa: BLE001 - thread boundary: the caller gets it
                _call_on(loop, on_error, error)
            else:
                _call_on(loop, on_done, result)

        self._jobs.put(job)

    async def restart(self, engine: Engine) -> None:
        """With other connections; jobs that come meanwhile wait. Raises what connecting raised."""
        self.stop()
        self._engine = engine
        await self.start()

    def stop(self) -> None:
        """Blocks until all jobs in the queue are done and every connection is closed."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._engine.dispose()

    def _work(self, loop: asyncio.AbstractEventLoop, connected: asyncio.Future[None]) -> None:
        try:
            connection = self._engine.connect()
        except Exception as error:  # noqa: BLE001 - thread boundary: `start` is to raise it
            _call_on(loop, partial(_fail, connected), error)
            return
        with connection:
            _call_on(loop, partial(_resolve, connected), None)
            while (job := self._jobs.get()) is not None:
                job(connection)


def _call_on(loop: asyncio.AbstractEventLoop, callback: Callable[[T], None], value: T) -> None:
    # A closed loop has no callers left.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, value)


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
