"""A line's JSON, read once for all rules and only when one of them asks."""

import json
import math
from functools import cached_property
from typing import NoReturn

_MOST_CHARS = 1024 * 1024


class JsonLine:
    def __init__(self, line: str) -> None:
        self._line = line

    @cached_property
    def value(self) -> dict[str, object] | list[object] | None:
        """None for a line that is no object or array, or is one that is too large to look into."""
        text = self._line.strip()
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
