"""Reads and decodes the output of a process on demand, without buffering it."""

import asyncio
import codecs
import os
from collections.abc import AsyncIterator, Mapping

from adapters.process.exit_watch import ExitWatch
from domain.process_events import OutputStream
from ports.process import Output

DRAIN_S = 2.0
_READ_BYTES = 65536
_ENOUGH_BYTES = 16384  # small reads are joined up to this, which bounds one turn of the loop
_DRAIN_BYTES = 1024 * 1024  # more than the pipes of a process that has exited can still hold


class OutputReader:
    """Owns the descriptors. Unread output blocks the process (backpressure)."""

    def __init__(self, outputs: Mapping[OutputStream, int], exit_watch: ExitWatch) -> None:
        self._fds = dict(outputs)
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: decoder(errors="replace") for stream in outputs}
        self._exit = exit_watch
        self._loop = asyncio.get_running_loop()
        self._drained_by: float | None = None
        self._drained_bytes = 0
        self._is_read = False
        self._finished = asyncio.Event()

    async def read(self) -> AsyncIterator[Output]:
        """Until every writer has closed it, but no longer than `DRAIN_S` after the exit.

        What is pending then is still read; of a writer that goes on, at least `_DRAIN_BYTES`.
        """
        self._is_read = True
        try:
            while self._fds and not self._is_over():
                chunks = self._read_now()
                for chunk in chunks:
                    yield chunk
                if chunks:
                    await asyncio.sleep(0)  # heavy output must not block the event loop
                elif self._fds:
                    await self._readable()
            for chunk in self._cut_off():
                yield chunk
        finally:
            self._finished.set()

    async def finished(self, *, timeout_s: float) -> None:
        """Wait until `read` has ended, if it was started."""
        if self._is_read and not self._finished.is_set():
            try:
                async with asyncio.timeout(timeout_s):
                    await self._finished.wait()
            except TimeoutError:
                return

    def discard(self) -> None:
        """Drop output from now on, so that a full pipe does not block the process from exiting."""
        for stream, fd in self._fds.items():
            self._loop.add_reader(fd, self._read_one, stream)

    def close(self) -> None:
        for stream in tuple(self._fds):
            self._close_one(stream)
        self._finished.set()

    def _is_over(self) -> bool:
        if not self._exit.has_exited:
            return False
        if self._drained_by is None:
            self._drained_by = self._loop.time() + DRAIN_S
        # Pending output is read, however late; an endless writer is not waited for.
        return self._loop.time() >= self._drained_by and self._drained_bytes >= _DRAIN_BYTES

    def _read_now(self) -> list[Output]:
        read = ((stream, self._read_one(stream)) for stream in tuple(self._fds))
        return [Output(stream=stream, text=text) for stream, text in read if text]

    def _read_one(self, stream: OutputStream) -> str:
        try:
            data = self._taken(self._fds[stream])
        except (BlockingIOError, InterruptedError):
            return ""
        except OSError:  # EIO: the other side of the terminal is closed
            data = b""
        if self._drained_by is not None:
            self._drained_bytes += len(data)
        if not data:
            self._close_one(stream)
        return self._decoders[stream].decode(data, final=not data)

    def _taken(self, fd: int) -> bytes:
        """All that can be read now; a terminal returns at most 4 KiB per read."""
        data = portion = os.read(fd, _READ_BYTES)
        while portion and len(data) < _ENOUGH_BYTES:
            try:
                portion = os.read(fd, _READ_BYTES)
            except OSError:  # nothing more now, or at all, which the next call notices
                break
            data += portion
        return data

    async def _readable(self) -> None:
        """Wait for something to read, for the exit, or for the end of the drain."""
        woken: asyncio.Future[None] = self._loop.create_future()

        def wake(_: object = None) -> None:
            if not woken.done():
                woken.set_result(None)

        for fd in self._fds.values():
            self._loop.add_reader(fd, wake)
        if self._drained_by is None:
            self._exit.call_back(wake)
        try:
            await asyncio.wait((woken,), timeout=self._drain_left())
        finally:
            self._exit.call_off(wake)
            for fd in self._fds.values():
                self._loop.remove_reader(fd)
        if not woken.done():
            self._drained_bytes = _DRAIN_BYTES

    def _drain_left(self) -> float | None:
        if self._drained_by is None:
            return None
        return max(0.0, self._drained_by - self._loop.time())

    def _cut_off(self) -> list[Output]:
        """Incomplete characters that the decoders still hold."""
        held = ((stream, self._decoders[stream].decode(b"", final=True)) for stream in self._fds)
        return [Output(stream=stream, text=text) for stream, text in held if text]

    def _close_one(self, stream: OutputStream) -> None:
        fd = self._fds.pop(stream)
        self._loop.remove_reader(fd)
        os.close(fd)
