"""Joins small pieces of streamed text into fewer events, without keeping anyone waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from application.react_group import together

Emit = Callable[[str], Awaitable[None]]

JOIN_S = 0.05
MAX_CHARS = 8 * 1024  # at most 32 KiB, whatever the characters


@asynccontextmanager
async def joined_text(emit: Emit, *, join_s: float = JOIN_S) -> AsyncIterator[Emit]:
    """Gives a function that takes text; what it took has been emitted when this is left.

    The first piece after a pause is emitted at once; what follows within `join_s` is joined.
    When MAX_CHARS are waiting, whoever brings more is held back.
    """
    joiner = _TextJoiner(emit, join_s)
    async with together() as group:
        group.create_task(joiner.run())
        try:
            yield joiner.put
        finally:
            await joiner.drained()


class _TextJoiner:
    def __init__(self, emit: Emit, join_s: float) -> None:
        self._emit = emit
        self._join_s = join_s
        self._waiting = ""
        self._is_closed = False
        self._arrived = asyncio.Event()
        self._pressing = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._drained = asyncio.Event()

    async def put(self, text: str) -> None:
        while text:
            await self._has_room.wait()
            room = MAX_CHARS - len(self._waiting)
            self._waiting += text[:room]
            text = text[room:]
            self._arrived.set()
            if len(self._waiting) == MAX_CHARS:
                self._has_room.clear()
                self._pressing.set()

    async def run(self) -> None:
        try:
            while text := await self._next():
                await self._emit(text)
                await self._pause()
        finally:
            self._drained.set()

    async def drained(self) -> None:
        """Close it, and wait until the last text is emitted."""
        self._is_closed = True
        self._arrived.set()
        self._pressing.set()
        await self._drained.wait()

    async def _next(self) -> str:
        """What has arrived; nothing when it is closed and empty."""
        await self._arrived.wait()
        text, self._waiting = self._waiting, ""
        self._has_room.set()
        if not self._is_closed:
            self._arrived.clear()
            self._pressing.clear()
        return text

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._join_s):
                await self._pressing.wait()
