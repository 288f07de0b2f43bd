"""What JSON and every store can hold: finite numbers, and text of whole characters."""

import math
import re
from collections.abc import Mapping, Sequence

_SURROGATES = re.compile("[\ud800-\udfff]")


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


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate, which UTF-8 has no bytes for, replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def storable_text(text: str) -> str:
    """Also without NUL, which PostgreSQL refuses."""
    return without_surrogates(text).replace("\x00", "\ufffd")
