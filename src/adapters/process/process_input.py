"""The standard input of a process: non-blocking writes with a timeout."""

import asyncio
import os

from adapters.process.exit_watch import ExitWatch
from domain.errors import StateConflict

INPUT_TIMEOUT_S = 5.0
_LOOK_S = 0.05
_END_KEY = b"\x04"


class ProcessInput:
    """Owns the descriptor; concurrent writes are serialised."""

    def __init__(
        self, fd: int | None, exit_watch: ExitWatch, *, is_terminal: bool, input_timeout_s: float
    ) -> None:
        self._fd = fd
        self._exit = exit_watch
        self._is_terminal = is_terminal
        self._input_timeout_s = input_timeout_s
        self._takes_more = fd is not None
        self._is_in_a_line = False
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._giving: asyncio.Task[None] | None = None

    def give(self, text: str | None, *, then_closed: bool) -> None:
        """Write the text in the background, without a timeout."""
        self._takes_more = self._fd is not None and not then_closed
        if text is not None:
            data = text.encode(errors="replace")
            self._giving = asyncio.create_task(self._give(data, then_closed=then_closed))

    async def write(self, data: bytes) -> None:
        if not self._takes_more:
            self._require_running()
            raise StateConflict("the input of the process is closed")
        await self._in_time(data)

    async def end(self) -> None:
        self._require_running()
        if self._takes_more:
            await self._in_time(None)

    async def close(self) -> None:
        """Call after the exit: pending writes then raise StateConflict."""
        if self._giving is not None:
            self._giving.cancel()
            await asyncio.wait((self._giving,))
        async with self._turn:
            self._close_now()

    async def _give(self, data: bytes, *, then_closed: bool) -> None:
        try:
            await self._write_all(data)
            if then_closed:
                await self._write_end()
        except StateConflict:
            return  # it exited or closed its input without reading all

    async def _in_time(self, data: bytes | None) -> None:
        """Write the data; None is the end of the input."""
        try:
            async with asyncio.timeout(self._input_timeout_s), self._turn:
                if self._giving is not None:
                    await asyncio.wait((self._giving,))
                await (self._write_end() if data is None else self._write_all(data))
        except TimeoutError as error:
            raise StateConflict("the process does not read its input") from error

    async def _write_end(self) -> None:
        if self._is_terminal:
            # Within a line the first ^D only flushes the line.
            await self._write_all(_END_KEY * (2 if self._is_in_a_line else 1))
            self._is_in_a_line = False
        else:
            self._close_now()

    async def _write_all(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            if written := self._write_some(left):
                self._is_in_a_line = left[written - 1] not in b"\r\n"
                left = left[written:]
            else:
                await self._room()

    def _write_some(self, data: memoryview) -> int:
        self._require_running()
        if self._fd is None:
            raise StateConflict("the input of the process is closed")
        try:
            return os.write(self._fd, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise StateConflict("the process has closed its input") from error

    async def _room(self) -> None:
        """Wait for room, but at most `_LOOK_S`: an exit that leaves a reader behind is not signalled."""
        if self._fd is None:
            return
        fd, has_room = self._fd, asyncio.Event()
        self._loop.add_writer(fd, has_room.set)
        try:
            async with asyncio.timeout(_LOOK_S):
                await has_room.wait()
        except TimeoutError:
            return
        finally:
            self._loop.remove_writer(fd)

    def _require_running(self) -> None:
        if self._exit.has_exited:
            raise StateConflict("the process has exited")

    def _close_now(self) -> None:
        self._takes_more = False
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
