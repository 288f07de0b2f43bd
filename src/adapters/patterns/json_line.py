"""Parses a line that is a JSON object or array."""

import json
import math
from typing import NoReturn

_MOST_CHARS = 1024 * 1024

Document = dict[str, object] | list[object]


def json_of(line: str) -> Document | None:
    """None for any other line, and for one above `_MOST_CHARS`."""
    text = line.strip()
    if text[:1] not in ("{", "[") or len(text) > _MOST_CHARS:
        return None
    try:
        value: object = json.loads(text, parse_constant=_refused, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number
