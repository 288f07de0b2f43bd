"""A LanguageModel behind any server that speaks OpenAI's Chat Completions."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
)

from domain.errors import ModelRefused
from ports.language_model import ModelPart, ModelRequest

OPENAI_URL = "https://api.openai.com/v1"

_Ask = Callable[[ModelRequest], AsyncGenerator[ModelPart]]


class OpenAIModel:
    def __init__(
        self, *, api_key: str, base_url: str | None, model: str, idle_timeout_s: float = 90.0
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url or OPENAI_URL
        self._model = model
        self._idle_timeout_s = idle_timeout_s
        self._ask: _Ask | None = None

    @property
    def name(self) -> str:
        return f"openai:{self._model}"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Requests made meanwhile share connections; outside, each has one of its own."""
        async with self._connected() as self._ask:
            try:
                yield
            finally:
                self._ask = None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        async with AsyncExitStack() as stack:
            ask = self._ask
            if ask is None:
                ask = await stack.enter_async_context(self._connected())
            async for part in await stack.enter_async_context(aclosing(ask(request))):
                yield part

    def _connected(self) -> AbstractAsyncContextManager[_Ask]:
        try:
            # The SDK is an extra, and half a second of imports: nobody else pays for it.
            from adapters.llm.chat_client import connected_chat
        except ImportError as error:
            message = "this needs the package openai: pip install 'agentcast[openai]'"
            raise ModelRefused(message) from error
        return connected_chat(
            api_key=self._api_key,
            base_url=self._base_url,
            model=self._model,
            idle_timeout_s=self._idle_timeout_s,
        )
