"""Calls Anthropic's Messages through the SDK, which importing this requires."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from anthropic import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncAnthropic,
    AsyncStream,
)

from adapters.llm.answer_stream import answer_parts
from adapters.llm.messages_answer import MessagesAnswer
from adapters.llm.messages_request import messages_body
from adapters.llm.model_options import ReasoningEffort
from adapters.llm.served_model import Ask, Deadlines
from adapters.llm.server_errors import redacted_message, server_message, status_error
from domain.errors import ModelError, ModelUnavailable
from ports.language_model import ModelPart, ModelRequest

FAULTS: tuple[type[Exception], ...] = (APIError, httpx2.HTTPError)
"""Once the answer has begun, the SDK does not wrap errors of the connection."""
_STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


def anthropic_error(error: Exception, *, api_key: str) -> ModelError:
    message = redacted_message(_message(error), api_key=api_key)
    if not isinstance(error, APIStatusError):
        return ModelUnavailable(message)
    retry_after = error.response.headers.get("retry-after")
    return status_error(status=_status(error), message=message, retry_after=retry_after)


def _message(error: Exception) -> str:
    match error:
        case APITimeoutError():
            return "the model server could not be reached in time"
        case APIConnectionError() | httpx2.HTTPError():
            return f"the connection to the model server failed: {error.__cause__ or error}"
        case APIStatusError() if error.status_code == 200:
            return f"the model server reported an error: {_type_and_message(error)[1]}"
        case APIStatusError():
            return f"the model server answered {error.status_code}: {_type_and_message(error)[1]}"
        case APIError():
            return f"the model server reported an error: {error.message}"
        case _:
            return f"the model server's answer cannot be read: {error}"


def _status(error: APIStatusError) -> int:
    """An error within a stream has the status 200 and only its type."""
    if error.status_code != 200:
        return error.status_code
    return _STATUS_OF.get(_type_and_message(error)[0], 500)


def _type_and_message(error: APIStatusError) -> tuple[str, str]:
    """The type of the error, if it has one, and its message."""
    match error.body:
        case {"error": {"type": str(kind), "message": str(message)}}:
            return kind, message
        case {"error": {"message": str(message)}}:
            return "", message
        case _:
            return "", server_message(error.message, status=error.status_code)


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
        # Without a key the SDK would look for credentials elsewhere, also in files.
        api_key=api_key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(deadlines.longest_s, connect=deadlines.connect_s),
    )

    def ask(request: ModelRequest) -> AsyncGenerator[ModelPart]:
        chosen = request.model or model
        body = messages_body(request, model=chosen, max_tokens=max_tokens, effort=effort)
        return answer_parts(
            # Untyped on purpose: the classes of the SDK are not validated.
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
