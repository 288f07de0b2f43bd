"""A LanguageModel behind a server: its connections, and what its answers cost."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
)
from dataclasses import replace

from ports.language_model import ModelPart, ModelRequest, ModelUsage
from ports.price_list import PriceList

Ask = Callable[[ModelRequest], AsyncGenerator[ModelPart]]
Connect = Callable[[], AbstractAsyncContextManager[Ask]]


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
        """Requests made meanwhile share connections; outside, each has one of its own."""
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
        """By the name that the server gave, else by the one that was asked for."""
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
