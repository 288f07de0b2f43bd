"""A rule whose pattern was compiled."""

from itertools import islice

import regex

from adapters.patterns.json_line import Document
from adapters.patterns.repeats import MOST_PARTS, written_out
from domain.errors import InvalidInput
from domain.extraction import MOST_FOUND, Captured, ExtractionRule, Found, captured_as

_MOST_CHARS = 4096
_VALUE = "value"


class RegexRule:
    def __init__(
        self,
        rule: ExtractionRule,
        *,
        pattern: str,
        field: str,
        timeout_s: float | None,
        most_chars: int,
    ) -> None:
        """Raises InvalidInput; `field` is where the rule stands."""
        self._name = rule.name
        self._most = MOST_FOUND if rule.every_match else 1
        self._types = dict(rule.types)
        self._most_chars = most_chars
        self._pattern = _compiled(pattern, rule.ignore_case, field=f"{field}.pattern")
        self._timeout_s = timeout_s
        self._group_names = {index: name for name, index in self._pattern.groupindex.items()}
        for name in self._types:
            if name != _VALUE and name not in self._pattern.groupindex:
                raise InvalidInput(f"{field}.types", f"the pattern has no group {name!r}")

    def find(self, text: str, _: Document | None) -> list[Found]:
        """Raises TimeoutError."""
        matches = self._pattern.finditer(text, timeout=self._timeout_s)
        said = filter(_says_something, matches)
        try:
            return [self._found(match) for match in islice(said, self._most)]
        except MemoryError as error:  # of so much going back and forth, before the time was up
            raise TimeoutError from error

    def _found(self, match: "regex.Match[str]") -> Found:
        groups = {
            name: captured_as(text, self._types.get(name, "text"), most_chars=self._most_chars)
            for name, text in match.groupdict().items()
            if text is not None and name != _VALUE
        }
        return Found(rule=self._name, value=self._value(match), groups=groups or None)

    def _value(self, match: "regex.Match[str]") -> Captured:
        index = self._place_of_value(match)
        name = self._group_names.get(index, _VALUE)
        kind = self._types.get(_VALUE) or self._types.get(name, "text")
        return captured_as(match[index], kind, most_chars=self._most_chars)

    def _place_of_value(self, match: "regex.Match[str]") -> int:
        named = self._pattern.groupindex.get(_VALUE)
        candidates = range(1, self._pattern.groups + 1) if named is None else (named,)
        return next((index for index in candidates if match[index] is not None), 0)


def _says_something(match: "regex.Match[str]") -> bool:
    return bool(match[0])


def _compiled(pattern: str, ignore_case: bool, *, field: str) -> "regex.Pattern[str]":
    if len(pattern) > _MOST_CHARS:
        raise InvalidInput(field, f"should have at most {_MOST_CHARS} characters")
    if written_out(pattern) > MOST_PARTS:
        raise InvalidInput(field, "repeats so much that it would take too much memory")
    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, ValueError, OverflowError) as error:
        raise InvalidInput(field, f"is no regular expression: {error}") from error
    except RecursionError as error:
        raise InvalidInput(field, "is nested too deeply") from error
