"""Chat Completions through the official SDK; importing this needs the SDK."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import msgspec
from openai import APIError, AsyncOpenAI, AsyncStream

from adapters.llm.chat_answer import ChatAnswer
from adapters.llm.chat_chunk import chat_chunk
from adapters.llm.chat_errors import model_error
from adapters.llm.chat_request import chat_body
from domain.errors import ModelUnavailable
from ports.language_model import ModelPart, ModelRequest

_CONNECT_TIMEOUT_S = 10.0


@asynccontextmanager
async def connected_chat(
    *, api_key: str, base_url: str, model: str, idle_timeout_s: float
) -> AsyncIterator[Callable[[ModelRequest], AsyncGenerator[ModelPart]]]:
    """`idle_timeout_s` bounds every wait for the next bytes of the server."""
    client = AsyncOpenAI(
        # The SDK refuses an empty key; servers on one's own machine want none.
        api_key=api_key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(idle_timeout_s, connect=min(idle_timeout_s, _CONNECT_TIMEOUT_S)),
    )
    async with client:
        yield lambda request: _parts(client, request, model=request.model or model)


async def _parts(
    client: AsyncOpenAI, request: ModelRequest, *, model: str
) -> AsyncGenerator[ModelPart]:
    answer = ChatAnswer(request, model=model)
    try:
        # Untyped on purpose: the SDK's own classes take any shape without checking it.
        async with await client.post(
            "/chat/completions",
            cast_to=object,
            body=chat_body(request, model=model),
            stream=True,
            stream_cls=AsyncStream[object],
        ) as stream:
            _require_event_stream(stream.response.headers.get("content-type", ""))
            async for data in stream:
                for part in answer.add(chat_chunk(data)):
                    yield part
    except (APIError, msgspec.ValidationError, ValueError, RecursionError) as error:
        raise model_error(error, api_key=client.api_key) from error
    for last_part in answer.end():
        yield last_part


def _require_event_stream(content_type: str) -> None:
    if not content_type.lower().startswith("text/event-stream"):
        raise ModelUnavailable(
            f"the model server sent {content_type or 'no content type'}, not an event stream"
        )
