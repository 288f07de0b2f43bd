"""A compiled rule with a regular expression, bounded in size and time."""

import re
from itertools import islice
from math import prod

import regex

from adapters.patterns.json_line import Document
from domain.errors import InvalidInput
from domain.extraction import MOST_FOUND, Captured, ExtractionRule, Found, captured_as

_TOKEN = re.compile(
    r"\\."
    r"|\[\^?\]?(?:\\.|\[:[^\]]*:\]|[^\]\\])*\]"
    r"|(?P<opens>\()|(?P<closes>\))"
    r"|(?P<count>\{\s*(?P<least>\d*)[^(){}\[\]\\]*\})"
    r"|(?P<more>[?*+])"
    r"|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{\s*(\d+)")
# With verbose mode, comments or nested sets parentheses cannot be counted reliably.
_UNRELIABLE = re.compile(r"\(\?[A-Za-z0-9]*[xV#]")
MOST_PARTS = 10_000
"""About some megabytes; a pattern such as `(a{999}){999}` could take all memory."""
_MOST_CHARS = 4096
_VALUE = "value"


def expanded_parts(pattern: str) -> int:
    """An upper bound of the compiled size with repeats expanded; `a{1000}` has 1000 parts."""
    exact = None if _UNRELIABLE.search(pattern) else _counted(pattern)
    if exact is not None:
        return exact
    return len(pattern) * prod(max(1, int(count)) for count in _COUNT.findall(pattern))


def _counted(pattern: str) -> int | None:
    """None if its groups are unbalanced."""
    groups, last = [0], 1
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "opens":
                groups.append(0)
                last = 1
            case "closes":
                if len(groups) == 1:
                    return None
                last = max(1, groups.pop())
                groups[-1] += last
            case "count":
                added = last * (max(1, int(token["least"] or 1)) - 1)
                groups[-1] += added
                last += added
            case "more":
                continue
            case _:
                groups[-1] += 1
                last = 1
    return groups[0] if len(groups) == 1 else None


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
        """Raises InvalidInput; `field` is the rule's place in the input."""
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
        found = filter(_is_not_empty, matches)
        try:
            return [self._found(match) for match in islice(found, self._most)]
        except MemoryError as error:  # of backtracking, before the timeout
            raise TimeoutError from error

    def _found(self, match: "regex.Match[str]") -> Found:
        groups = {
            name: captured_as(text, self._types.get(name, "text"), most_chars=self._most_chars)
            for name, text in match.groupdict().items()
            if text is not None and name != _VALUE
        }
        return Found(rule=self._name, value=self._value(match), groups=groups or None)

    def _value(self, match: "regex.Match[str]") -> Captured:
        index = self._value_index(match)
        name = self._group_names.get(index, _VALUE)
        kind = self._types.get(_VALUE) or self._types.get(name, "text")
        return captured_as(match[index], kind, most_chars=self._most_chars)

    def _value_index(self, match: "regex.Match[str]") -> int:
        named = self._pattern.groupindex.get(_VALUE)
        candidates = range(1, self._pattern.groups + 1) if named is None else (named,)
        return next((index for index in candidates if match[index] is not None), 0)


def _is_not_empty(match: "regex.Match[str]") -> bool:
    return bool(match[0])


def _compiled(pattern: str, ignore_case: bool, *, field: str) -> "regex.Pattern[str]":
    if len(pattern) > _MOST_CHARS:
        raise InvalidInput(field, f"should have at most {_MOST_CHARS} characters")
    if expanded_parts(pattern) > MOST_PARTS:
        raise InvalidInput(field, "repeats so much that it would take too much memory")
    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, ValueError, OverflowError) as error:
        raise InvalidInput(field, f"is no regular expression: {error}") from error
    except RecursionError as error:
        raise InvalidInput(field, "is nested too deeply") from error
