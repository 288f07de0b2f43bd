"""What the SDK raises, as the errors of the port."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from domain.errors import ModelError, ModelRefused, ModelUnavailable

_TRY_AGAIN = frozenset({408, 409, 429})
_MAX_MESSAGE_CHARS = 2_000


def model_error(error: Exception, *, api_key: str) -> ModelError:
    """Never with the key in it, which some servers repeat in their messages."""
    message = _message(error)[:_MAX_MESSAGE_CHARS]
    if api_key:
        message = message.replace(api_key, "[key]")
    if not isinstance(error, APIStatusError):
        return ModelUnavailable(message)
    if error.status_code in _TRY_AGAIN or error.status_code >= 500:
        retry_after_s = _retry_after_s(error.response.headers.get("retry-after"))
        return ModelUnavailable(message, retry_after_s=retry_after_s)
    return ModelRefused(message)


def _message(error: Exception) -> str:
    match error:
        case APITimeoutError():
            return "the model server sent nothing for too long"
        case APIConnectionError():
            return f"the connection to the model server failed: {error.__cause__ or error}"
        case APIStatusError():
            return f"the model server answered {error.status_code}: {_told(error)}"
        case APIError():
            return f"the model server reported an error: {error.message}"
        case _:
            return f"the model server's answer cannot be read: {error}"


def _told(error: APIStatusError) -> str:
    """What the server said, without the status that the SDK puts before it."""
    return error.message.removeprefix(f"Error code: {error.status_code}").removeprefix(" - ") or (
        "no reason given"
    )


def _retry_after_s(header: str | None) -> float | None:
    """Seconds, or the time until a date; None for anything else."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        return _until(header)
    return seconds if isfinite(seconds) and seconds >= 0 else None


def _until(date: str) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
