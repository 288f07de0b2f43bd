"""Refuses numbers that JSON cannot hold, where an event is built."""

import math
from collections.abc import Mapping, Sequence


def require_finite(value: object) -> None:
    """Raise ValueError if a float anywhere in a JSON-like value is NaN or infinite."""
    match value:
        case float():
            if not math.isfinite(value):
                raise ValueError(f"not a finite number: {value}")
        case str() | bytes():
            return
        case Mapping():
            for item in value.values():
                require_finite(item)
        case Sequence():
            for item in value:
                require_finite(item)
        case _:
            return
