"""What a model server's status means, as the errors of the port."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from domain.errors import ModelError, ModelRefused, ModelUnavailable

_TRY_AGAIN = frozenset({408, 409, 429})
_MAX_MESSAGE_CHARS = 2_000


def status_error(*, status: int, message: str, retry_after: str | None) -> ModelError:
    if status in _TRY_AGAIN or status >= 500:
        return ModelUnavailable(message, retry_after_s=_retry_after_s(retry_after))
    return ModelRefused(message)


def told(message: str, *, status: int) -> str:
    """What the server said, without the status that the SDKs put before it."""
    return message.removeprefix(f"Error code: {status}").removeprefix(" - ") or "no reason given"


def presentable(message: str, *, api_key: str) -> str:
    """Never with the key in it, which some servers repeat, and never without end."""
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
