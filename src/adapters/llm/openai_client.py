"""Calls Chat Completions and Responses through OpenAI's SDK, which importing this requires."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AsyncStream,
)

from adapters.llm.answer_stream import Answer, answer_parts
from adapters.llm.chat_answer import ChatAnswer
from adapters.llm.chat_request import chat_body
from adapters.llm.kept_reasoning import Json
from adapters.llm.model_options import OpenAIApi, ReasoningEffort
from adapters.llm.responses_answer import ResponsesAnswer
from adapters.llm.responses_request import responses_body
from adapters.llm.served_model import Ask, Deadlines
from adapters.llm.server_errors import redacted_message, server_message, status_error
from domain.errors import ModelError, ModelRefused, ModelUnavailable
from ports.language_model import ModelPart, ModelRequest

_NO_QUOTA = "insufficient_quota"
"""Sent with status 429, although waiting does not help."""


def openai_error(error: Exception, *, api_key: str) -> ModelError:
    message = redacted_message(_message(error), api_key=api_key)
    if isinstance(error, APIError) and error.code == _NO_QUOTA:
        return ModelRefused(message)
    if not isinstance(error, APIStatusError):
        return ModelUnavailable(message)
    retry_after = error.response.headers.get("retry-after")
    return status_error(status=error.status_code, message=message, retry_after=retry_after)


def _message(error: Exception) -> str:
    match error:
        case APITimeoutError():
            return "the model server could not be reached in time"
        case APIConnectionError():
            return f"the connection to the model server failed: {error.__cause__ or error}"
        case APIStatusError():
            message = server_message(error.message, status=error.status_code)
            return f"the model server answered {error.status_code}: {message}"
        case APIError():
            return f"the model server reported an error: {error.message}"
        case _:
            return f"the model server's answer cannot be read: {error}"


@asynccontextmanager
async def connected_openai(
    *,
    api: OpenAIApi,
    api_key: str,
    base_url: str,
    model: str,
    effort: ReasoningEffort | None,
    deadlines: Deadlines,
) -> AsyncIterator[Ask]:
    client = AsyncOpenAI(
        # The SDK refuses an empty key; local servers need none.
        api_key=api_key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(deadlines.longest_s, connect=deadlines.connect_s),
    )

    def parts(path: str, body: Json, answer: Answer) -> AsyncGenerator[ModelPart]:
        return answer_parts(
            # Untyped on purpose: the classes of the SDK are not validated.
            lambda: client.post(
                path, cast_to=object, body=body, stream=True, stream_cls=AsyncStream[object]
            ),
            answer=answer,
            deadlines=deadlines,
            faults=(APIError,),
            as_model_error=lambda error: openai_error(error, api_key=api_key),
        )

    def ask(request: ModelRequest) -> AsyncGenerator[ModelPart]:
        chosen = request.model or model
        match api:
            case "chat":
                body = chat_body(request, model=chosen, effort=effort)
                answer: Answer = ChatAnswer(request, model=chosen)
                return parts("/chat/completions", body, answer)
            case "responses":
                body = responses_body(request, model=chosen, effort=effort)
                answer = ResponsesAnswer(request, model=chosen)
                return parts("/responses", body, answer)

    async with client:
        yield ask
