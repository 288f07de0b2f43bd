"""Rules that find facts in the output of an agent, and the types of what they capture."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.errors import InvalidInput
from domain.json_values import without_surrogates

CaptureType = Literal["text", "integer", "number", "boolean"]
FailedBy = Literal["agent_error", "model_error"]
Captured = str | int | float | bool

MOST_RULES = 50
"""Rules of one agent or one task."""
MOST_FOUND = 100
"""Matches in one line."""
CAPTURED_CHARS = 4096
"""A longer captured text is cut."""
MOST_SHOWN = 1000
"""Characters of a text that the result of a task shows; the event has all of it."""

_NUMBER = re.compile(
    r"(?P<digits>[+-]?(?:[0-9]{1,3}(?:[,_][0-9]{3}){1,4}|[0-9]{1,15}))"
    r"(?P<rest>\.[0-9]{1,15})?(?P<power>e[+-]?[0-9]{1,3})?\s?(?P<unit>[kKmM])?"
)
_UNITS = {"k": 1_000, "m": 1_000_000}
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionRule:
    """Exactly one of `pattern` and `json_path` is given."""

    name: str
    pattern: str | None = None
    """A regular expression, searched in each line as plain text. Its value is the group `value`
    where there is one, else the first group that took part, else the whole match. A match of
    nothing does not count."""
    json_path: str | None = None
    """An RFC 9535 path into each line that is a JSON object or array; every node it selects is
    a value, but for null. One that is an object or array is a value as its JSON text."""
    types: tuple[tuple[str, CaptureType], ...] = ()
    """The types of the named groups and of `value`; text by default. What cannot be converted
    stays text."""
    ignore_case: bool = False
    every_match: bool = True
    """False: only the first one of a line counts."""

    def __post_init__(self) -> None:
        if (self.pattern is None) == (self.json_path is None):
            raise InvalidInput("rules", f"rule {self.name!r} needs a pattern or a json_path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One match of a rule in one line."""

    rule: str
    value: Captured
    groups: dict[str, Captured] | None = None
    """The named groups that took part in the match, but for `value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRule:
    """What a profile looks for in each line of its program: a pattern or a JSON path, not both.

    What a path selects does not count if it is null, false, 0 or an empty text.
    """

    pattern: str | None = None
    json_path: str | None = None
    ignore_case: bool = False

    def named(self, name: str) -> ExtractionRule:
        return ExtractionRule(
            name=name,
            pattern=self.pattern,
            json_path=self.json_path,
            ignore_case=self.ignore_case,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRule(OutputRule):
    """A line that matches fails the task, whatever the exit code. The error is the
    group `message` of the pattern or the text that the path selects, else the line."""

    reason: FailedBy = "agent_error"


def shortened(found: Mapping[str, Captured]) -> Mapping[str, Captured] | None:
    """By rule, with long texts cut; None if nothing was found."""
    cut = {
        rule: value[:MOST_SHOWN] if isinstance(value, str) else value
        for rule, value in found.items()
    }
    return cut or None


def captured_as(text: str, kind: CaptureType, *, most_chars: int = CAPTURED_CHARS) -> Captured:
    """Converts text to the type; `12,345` and `1.2k` are numbers. What does not convert stays text."""
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
    return without_surrogates(text[:most_chars]) if read is None else read


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
