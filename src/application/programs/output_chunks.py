"""Waits for the next piece of output, and may stop waiting without losing it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from ports.process import Output

_TURNS = 3


class OutputChunks:
    """Leave it as a context, so that a wait that was given up does not go on."""

    def __init__(self, output: AsyncIterator[Output]) -> None:
        self._output = output
        self._awaited: asyncio.Task[Output | None] | None = None

    async def next(self, *, patience_s: float | None) -> Output | None:
        """The next piece, None at the end. Raises TimeoutError when none comes in time."""
        if self._awaited is None and patience_s is None:
            return await self._next()
        awaited = self._awaited = self._awaited or asyncio.create_task(self._next())
        await asyncio.wait((awaited,), timeout=patience_s)
        if not awaited.done():
            await self._look_again(awaited)
        self._awaited = None
        return awaited.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            await asyncio.wait((self._awaited,))

    async def _next(self) -> Output | None:
        return await anext(self._output, None)

    async def _look_again(self, awaited: asyncio.Task[Output | None]) -> None:
        # After a stall of the event loop the timeout comes first, although there is output.
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if awaited.done():
                return
        raise TimeoutError
