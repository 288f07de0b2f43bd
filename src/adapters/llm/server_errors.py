"""Maps the HTTP status of a model server to the errors of the port."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from domain.errors import ModelError, ModelRefused, ModelUnavailable

_RETRYABLE = frozenset({408, 409, 429})
_MAX_MESSAGE_CHARS = 2_000


def status_error(*, status: int, message: str, retry_after: str | None) -> ModelError:
    if status in _RETRYABLE or status >= 500:
        return ModelUnavailable(message, retry_after_s=_retry_after_s(retry_after))
    return ModelRefused(message)


def server_message(message: str, *, status: int) -> str:
    """The server's message without the status that the SDKs prepend."""
    return message.removeprefix(f"Error code: {status}").removeprefix(" - ") or "no reason given"


def redacted_message(message: str, *, api_key: str) -> str:
    """With the key replaced, which some servers repeat, and cut to a bounded length."""
    shown = message.replace(api_key, "[key]") if api_key else message
    return shown[:_MAX_MESSAGE_CHARS]


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
