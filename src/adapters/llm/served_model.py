"""A LanguageModel behind a server: connections, deadlines of an answer, its cost."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
)
from dataclasses import dataclass, replace
from typing import TypeVar

from domain.errors import ModelUnavailable
from ports.language_model import ModelPart, ModelRequest, ModelUsage
from ports.price_list import PriceList

_T = TypeVar("_T")
Ask = Callable[[ModelRequest], AsyncGenerator[ModelPart]]
Connect = Callable[[], AbstractAsyncContextManager[Ask]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    connect_s: float = 10.0
    first_token_s: float = 300.0
    """From the request to the first text, reasoning or tool call; some models reason silently."""
    idle_s: float = 90.0
    """Between two parts of the answer, once it has begun."""

    @property
    def longest_s(self) -> float:
        return max(self.first_token_s, self.idle_s)


class AnswerDeadline:
    """Enforces the deadlines of one answer; keep-alive events do not count as parts."""

    def __init__(self, deadlines: Deadlines, *, has_begun: Callable[[], bool]) -> None:
        self._deadlines = deadlines
        self._has_begun = has_begun
        self._first_token_by = asyncio.get_running_loop().time() + deadlines.first_token_s

    async def wait(self, coming: Awaitable[_T]) -> _T:
        """Raises ModelUnavailable after the deadline."""
        try:
            async with asyncio.timeout_at(self._deadline()):
                return await coming
        except TimeoutError as error:
            raise ModelUnavailable(self._timeout_message()) from error

    async def each(self, events: AsyncIterator[_T]) -> AsyncGenerator[_T]:
        while True:
            try:
                event = await self.wait(anext(events))
            except StopAsyncIteration:
                return
            yield event

    def _deadline(self) -> float:
        if not self._has_begun():
            return self._first_token_by
        return asyncio.get_running_loop().time() + self._deadlines.idle_s

    def _timeout_message(self) -> str:
        if self._has_begun():
            return f"the model server sent nothing for too long ({self._deadlines.idle_s:g} s)"
        return f"the model server did not begin to answer in {self._deadlines.first_token_s:g} s"


class ServedModel:
    def __init__(
        self, *, provider: str, model: str, connect: Connect, prices: PriceList | None
    ) -> None:
        self._provider = provider
        self._model = model
        self._connect = connect
        self._prices = prices
        self._ask: Ask | None = None

    @property
    def name(self) -> str:
        return f"{self._provider}:{self._model}"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """While open, requests share connections; otherwise each opens its own."""
        async with self._connect() as self._ask:
            try:
                yield
            finally:
                self._ask = None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        async with AsyncExitStack() as stack:
            ask = self._ask
            if ask is None:
                ask = await stack.enter_async_context(self._connect())
            async for part in await stack.enter_async_context(aclosing(ask(request))):
                yield self._priced(part, request) if isinstance(part, ModelUsage) else part

    def _priced(self, reported: ModelUsage, request: ModelRequest) -> ModelUsage:
        """Priced by the model that the server reported, else by the requested one."""
        if self._prices is None:
            return reported
        for model in (reported.model, request.model or self._model):
            cost_usd = self._prices.cost_of(
                model=model,
                usage=reported.usage,
                cache_written_tokens=reported.cache_written_tokens,
            )
            if cost_usd is not None:
                return replace(reported, usage=replace(reported.usage, cost_usd=cost_usd))
        return reported
