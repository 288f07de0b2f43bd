"""What Anthropic's SDK raises, as the errors of the port."""

import httpx2
from anthropic import APIConnectionError, APIError, APIStatusError, APITimeoutError

from adapters.llm.server_errors import presentable, status_error, told
from domain.errors import ModelError, ModelUnavailable

FAULTS: tuple[type[Exception], ...] = (APIError, httpx2.HTTPError)
"""Of the connection, once the answer has begun, the SDK lets the bare error through."""
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
    message = presentable(_message(error), api_key=api_key)
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
            return f"the model server reported an error: {_said(error)[1]}"
        case APIStatusError():
            return f"the model server answered {error.status_code}: {_said(error)[1]}"
        case APIError():
            return f"the model server reported an error: {error.message}"
        case _:
            return f"the model server's answer cannot be read: {error}"


def _status(error: APIStatusError) -> int:
    """An error within a stream comes under 200, and tells only its kind."""
    if error.status_code != 200:
        return error.status_code
    return _STATUS_OF.get(_said(error)[0], 500)


def _said(error: APIStatusError) -> tuple[str, str]:
    """The kind of the error, and what the server says of it."""
    match error.body:
        case {"error": {"type": str(kind), "message": str(message)}}:
            return kind, message
        case {"error": {"message": str(message)}}:
            return "", message
        case _:
            return "", told(error.message, status=error.status_code)
