"""A LanguageModel behind any server with Anthropic's Messages API."""

from contextlib import AbstractAsyncContextManager

from adapters.llm.model_options import ReasoningEffort
from adapters.llm.served_model import Ask, Deadlines, ServedModel
from domain.errors import ModelRefused
from ports.price_list import PriceList

ANTHROPIC_URL = "https://api.anthropic.com"


class AnthropicModel(ServedModel):
    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        model: str,
        max_tokens: int = 32_000,
        effort: ReasoningEffort | None = None,
        deadlines: Deadlines | None = None,
        prices: PriceList | None = None,
    ) -> None:
        """`max_tokens` bounds one answer; the API requires it."""

        def connect() -> AbstractAsyncContextManager[Ask]:
            try:
                # The SDK is an optional extra, and takes half a second to import.
                from adapters.llm.anthropic_client import connected_anthropic
            except ImportError as error:
                message = "this needs the package anthropic: pip install 'agentcast[anthropic]'"
                raise ModelRefused(message) from error
            return connected_anthropic(
                api_key=api_key,
                base_url=base_url or ANTHROPIC_URL,
                model=model,
                max_tokens=max_tokens,
                effort=effort,
                deadlines=deadlines or Deadlines(),
            )

        super().__init__(provider="anthropic", model=model, connect=connect, prices=prices)
