"""Buffers writes for a moment, and writes them to the disk on a thread."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from domain.errors import StorageFull
from ports.output_archive import OutputSource

Held = Mapping[tuple[OutputSource | None, bool], list[str]]
"""By its source, and whether it is kept apart."""

_MAX_CHARS = 256 * 1024
_FLUSH_S = 0.1


class BufferedWrites:
    """At most about 256 Ki characters are buffered; further writes wait for the disk.

    After a failure nothing more is written, and `write` raises StorageFull.
    """

    def __init__(self, append: Callable[[Held], None]) -> None:
        self._append = append
        self._held: dict[tuple[OutputSource | None, bool], list[str]] = {}
        self._held_chars = 0
        self._has_some = asyncio.Event()
        self._turn = asyncio.Lock()
        self._under_way: asyncio.Task[None] | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._failure: OSError | None = None

    @property
    def is_unused(self) -> bool:
        """Nothing was ever written, and there is nothing to end."""
        return self._flushing is None

    async def write(
        self, text: str, source: OutputSource | None = None, *, apart: bool = False
    ) -> None:
        """Raises StorageFull."""
        if self._failure is not None:
            raise StorageFull(f"the output of a task cannot be kept: {self._failure}")
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._keep_flushing())
        self._held.setdefault((source, apart), []).append(text)
        self._held_chars += len(text)
        self._has_some.set()
        if self._held_chars >= _MAX_CHARS:
            await self.flush()

    async def flush(self) -> None:
        """Wait until all that was written before is in its file, or failed to be."""
        async with self._turn:
            await self._done()
            if self._held and self._failure is None:
                held, self._held, self._held_chars = self._held, {}, 0
                self._has_some.clear()
                self._under_way = asyncio.create_task(asyncio.to_thread(self._put, held))
                await self._done()

    async def end(self) -> None:
        """As `flush`; to be called once, after the last write."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        await self.flush()

    async def _keep_flushing(self) -> None:
        while self._failure is None:
            await self._has_some.wait()
            await asyncio.sleep(_FLUSH_S)
            await self.flush()

    async def _done(self) -> None:
        """A write continues when its caller is cancelled, and the next one waits for it."""
        if self._under_way is not None:
            await asyncio.wait((self._under_way,))
            self._under_way = None

    def _put(self, held: Held) -> None:
        try:
            self._append(held)
        except OSError as error:
            self._failure = error
