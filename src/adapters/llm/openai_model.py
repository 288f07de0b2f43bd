"""A LanguageModel behind any server with OpenAI's Chat Completions or Responses API."""

from contextlib import AbstractAsyncContextManager

from adapters.llm.model_options import OpenAIApi, ReasoningEffort
from adapters.llm.served_model import Ask, Deadlines, ServedModel
from domain.errors import ModelRefused
from ports.price_list import PriceList

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIModel(ServedModel):
    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        model: str,
        api: OpenAIApi = "chat",
        effort: ReasoningEffort | None = None,
        deadlines: Deadlines | None = None,
        prices: PriceList | None = None,
    ) -> None:
        def connect() -> AbstractAsyncContextManager[Ask]:
            try:
                # The SDK is an optional extra, and takes half a second to import.
                from adapters.llm.openai_client import connected_openai
            except ImportError as error:
                message = "this needs the package openai: pip install 'agentcast[openai]'"
                raise ModelRefused(message) from error
            return connected_openai(
                api=api,
                api_key=api_key,
                base_url=base_url or OPENAI_URL,
                model=model,
                effort=effort,
                deadlines=deadlines or Deadlines(),
            )

        super().__init__(provider="openai", model=model, connect=connect, prices=prices)
