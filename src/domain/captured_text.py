"""Reads captured text as what a rule says it is."""

import math
import re

from domain.extraction import CAPTURED_CHARS, Captured, CaptureType
from domain.whole_text import whole_text

_NUMBER = re.compile(
    r"(?P<digits>[+-]?(?:[0-9]{1,3}(?:[,_][0-9]{3}){1,4}|[0-9]{1,15}))"
    r"(?P<rest>\.[0-9]{1,15})?(?P<power>e[+-]?[0-9]{1,3})?\s?(?P<unit>[kKmM])?"
)
_UNITS = {"k": 1_000, "m": 1_000_000}
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def read_as(text: str, kind: CaptureType, *, most_chars: int = CAPTURED_CHARS) -> Captured:
    """`12,345` and `1.2k` are numbers too, as people write them; what cannot be read stays text."""
    stripped = text.strip()
    read: Captured | None
    match kind:
        case "text":
            read = None
        case "integer":
            read = _integer(stripped)
        case "number":
            read = _number(stripped)
        case "boolean":
            read = _boolean(stripped.lower())
    return whole_text(text[:most_chars]) if read is None else read


def _integer(text: str) -> int | None:
    found = _NUMBER.fullmatch(text)
    if found is None or found["power"]:
        return None
    if not found["unit"]:
        return None if found["rest"] else int(_ungrouped(found["digits"]))
    value = _number(text)
    return None if value is None else round(value)


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = _ungrouped(found["digits"]) + (found["rest"] or "") + (found["power"] or "")
    value = float(digits) * _UNITS.get((found["unit"] or "").lower(), 1)
    return value if math.isfinite(value) else None


def _boolean(text: str) -> bool | None:
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def _ungrouped(digits: str) -> str:
    return digits.replace(",", "").replace("_", "")
