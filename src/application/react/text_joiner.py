"""Joins small pieces of streamed text into fewer events, without a delay that a person notices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

from application.concurrency.task_group import together

Kind = TypeVar("Kind")
Emit = Callable[[Kind, str], Awaitable[None]]

JOIN_S = 0.05
MAX_CHARS = 8 * 1024  # at most 32 KiB, whatever the characters


@asynccontextmanager
async def joined_text(emit: Emit[Kind], *, join_s: float = JOIN_S) -> AsyncIterator[Emit[Kind]]:
    """Yields a function that takes text; all of it has been emitted when the context is left.

    The first piece after a pause is emitted at once; what follows within `join_s` is joined. Pieces
    of different kinds stay apart, in the order in which they came. At most MAX_CHARS wait: then the
    function blocks. A line is cut only if it is longer than that.
    """
    joiner = _TextJoiner(emit, join_s)
    async with together() as group:
        group.create_task(joiner.run())
        try:
            yield joiner.put
        finally:
            await joiner.drained()


class _TextJoiner(Generic[Kind]):
    def __init__(self, emit: Emit[Kind], join_s: float) -> None:
        self._emit = emit
        self._join_s = join_s
        self._waiting: list[tuple[Kind, str]] = []
        self._room = MAX_CHARS
        self._is_closed = False
        self._arrived = asyncio.Event()
        self._pressing = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._drained = asyncio.Event()

    async def put(self, kind: Kind, text: str) -> None:
        while text:
            await self._has_room.wait()
            end = self._end(text)
            if end:
                self._add(kind, text[:end])
                self._arrived.set()
            text = text[end:]
            self._room -= end
            if text or not self._room:
                self._has_room.clear()
                self._pressing.set()

    def _end(self, text: str) -> int:
        """How many characters fit: whole lines, unless one is longer than MAX_CHARS."""
        if len(text) <= self._room:
            return len(text)
        lines = text.rfind("\n", 0, self._room) + 1
        return lines if lines or self._room < MAX_CHARS else MAX_CHARS

    def _add(self, kind: Kind, piece: str) -> None:
        if self._waiting and self._waiting[-1][0] == kind:
            piece = self._waiting.pop()[1] + piece
        self._waiting.append((kind, piece))

    async def run(self) -> None:
        try:
            while pieces := await self._next():
                for kind, text in pieces:
                    await self._emit(kind, text)
                await self._pause()
        finally:
            self._drained.set()

    async def drained(self) -> None:
        """Close the joiner, and wait until the last text is emitted."""
        self._is_closed = True
        self._arrived.set()
        self._pressing.set()
        await self._drained.wait()

    async def _next(self) -> list[tuple[Kind, str]]:
        """What has arrived; empty once it is closed and drained."""
        await self._arrived.wait()
        pieces, self._waiting, self._room = self._waiting, [], MAX_CHARS
        self._has_room.set()
        if not self._is_closed:
            self._arrived.clear()
            self._pressing.clear()
        return pieces

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._join_s):
                await self._pressing.wait()
