"""Messages through Anthropic's SDK; importing this needs the SDK."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from anthropic import AsyncAnthropic, AsyncStream

from adapters.llm.answer import answer_parts
from adapters.llm.anthropic_errors import FAULTS, anthropic_error
from adapters.llm.deadlines import Deadlines
from adapters.llm.messages_answer import MessagesAnswer
from adapters.llm.messages_request import messages_body
from adapters.llm.reasoning_effort import ReasoningEffort
from adapters.llm.served_model import Ask
from ports.language_model import ModelPart, ModelRequest


@asynccontextmanager
async def connected_anthropic(
    *,
    api_key: str,
    base_url: str,
    model: str,
    max_tokens: int,
    effort: ReasoningEffort | None,
    deadlines: Deadlines,
) -> AsyncIterator[Ask]:
    client = AsyncAnthropic(
        # Without a key the SDK would look for other credentials, in files too.
        api_key=api_key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(deadlines.longest_s, connect=deadlines.connect_s),
    )

    def ask(request: ModelRequest) -> AsyncGenerator[ModelPart]:
        chosen = request.model or model
        body = messages_body(request, model=chosen, max_tokens=max_tokens, effort=effort)
        return answer_parts(
            # Untyped on purpose: the SDK's own classes take any shape without checking it.
            lambda: client.post(
                "/v1/messages",
                cast_to=object,
                body=body,
                stream=True,
                stream_cls=AsyncStream[object],
            ),
            answer=MessagesAnswer(request, model=chosen),
            deadlines=deadlines,
            faults=FAULTS,
            as_model_error=lambda error: anthropic_error(error, api_key=api_key),
        )

    async with client:
        yield ask
