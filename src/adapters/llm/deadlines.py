"""How long a model server may keep one waiting, and what is said when it does for longer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import ModelUnavailable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    connect_s: float = 10.0
    first_token_s: float = 300.0
    """From the request to the first of text, reasoning or a tool call: some reason unseen."""
    idle_s: float = 90.0
    """Between two pieces of the answer, once it has begun."""

    @property
    def longest_s(self) -> float:
        return max(self.first_token_s, self.idle_s)


class Patience:
    """Bounds the waits for one answer; signs of life that hold no piece of it do not count."""

    def __init__(self, deadlines: Deadlines, *, has_begun: Callable[[], bool]) -> None:
        self._deadlines = deadlines
        self._has_begun = has_begun
        self._begins_by = asyncio.get_running_loop().time() + deadlines.first_token_s

    async def wait(self, coming: Awaitable[_T]) -> _T:
        """Raises ModelUnavailable when it has waited long enough."""
        try:
            async with asyncio.timeout_at(self._waits_until()):
                return await coming
        except TimeoutError as error:
            raise ModelUnavailable(self._lost()) from error

    async def each(self, events: AsyncIterator[_T]) -> AsyncGenerator[_T]:
        while True:
            try:
                event = await self.wait(anext(events))
            except StopAsyncIteration:
                return
            yield event

    def _waits_until(self) -> float:
        if not self._has_begun():
            return self._begins_by
        return asyncio.get_running_loop().time() + self._deadlines.idle_s

    def _lost(self) -> str:
        if self._has_begun():
            return f"the model server sent nothing for too long ({self._deadlines.idle_s:g} s)"
        return f"the model server did not begin to answer in {self._deadlines.first_token_s:g} s"
