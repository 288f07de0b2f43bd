"""A compiled rule with a JSON path, whose evaluation is bounded in time."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeGuard

import jsonpath
from jsonpath.exceptions import JSONPathError
from jsonpath.function_extensions import Match, Search
from jsonpath.match import JSONPathMatch
from jsonpath.parse import Parser
from jsonpath.segments import (
    JSONPathChildSegment,
    JSONPathRecursiveDescentSegment,
    JSONPathSegment,
)
from jsonpath.stream import TokenStream

from adapters.patterns.json_line import Document
from adapters.patterns.regex_rule import MOST_PARTS, expanded_parts
from adapters.patterns.time_limit import TimeLimit
from domain.errors import InvalidInput
from domain.extraction import MOST_FOUND, Captured, CaptureType, ExtractionRule, Found, captured_as

_MOST_PATTERN_CHARS = 1024
_MOST_CHARS = 1024
_INTEGERS = range(-(2**63), 2**63)
_EVALUATION_ERRORS = (
    JSONPathError,
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library may raise if a path does not fit a document."""


class TimedJsonPath:
    def __init__(self, path: str, *, limit: TimeLimit) -> None:
        """Raises JSONPathError."""
        self._path = _Environment(limit).compile(path)

    def values(self, document: Document) -> Iterator[object]:
        """Raises TimeoutError after the time limit."""
        return (match.obj for match in self._path.finditer(document))


class _Environment(jsonpath.JSONPathEnvironment):
    def __init__(self, limit: TimeLimit) -> None:
        self.limit = limit
        self.parser_class = _Parser
        super().__init__(strict=True)

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _TimedMatch(self.limit.line_s)
        self.function_extensions["search"] = _TimedSearch(self.limit.line_s)

    def compare(self, left: object, operator: str, right: object) -> bool:
        self.limit.check()
        return super().compare(left, operator, right)


class _Parser(Parser):
    def parse_query(self, stream: TokenStream) -> Iterable[JSONPathSegment]:
        for segment in super().parse_query(stream):
            descends = isinstance(segment, JSONPathRecursiveDescentSegment)
            timed = _TimedDescent if descends else _TimedChild
            yield timed(env=self.env, token=segment.token, selectors=segment.selectors)


def _checking_time(
    nodes: Iterable[JSONPathMatch], env: jsonpath.JSONPathEnvironment
) -> Iterator[JSONPathMatch]:
    assert isinstance(env, _Environment)
    for node in nodes:
        env.limit.check()
        yield node


class _TimedChild(JSONPathChildSegment):
    def resolve(self, nodes: Iterable[JSONPathMatch]) -> Iterable[JSONPathMatch]:
        return super().resolve(_checking_time(nodes, self.env))


class _TimedDescent(JSONPathRecursiveDescentSegment):
    def resolve(self, nodes: Iterable[JSONPathMatch]) -> Iterable[JSONPathMatch]:
        return super().resolve(_checking_time(nodes, self.env))

    def _visit(self, node: JSONPathMatch, depth: int = 1) -> Iterable[JSONPathMatch]:
        return _checking_time(super()._visit(node, depth), self.env)


class _TimedMatch(Match):
    def __init__(self, line_s: float | None) -> None:
        super().__init__()
        self._line_s = line_s

    def __call__(self, value: object, pattern: object) -> bool:
        if not isinstance(value, str) or not _is_pattern(pattern):
            return False
        compiled = self.check_cache(pattern)
        return compiled is not None and bool(compiled.fullmatch(value, timeout=self._line_s))


class _TimedSearch(Search):
    def __init__(self, line_s: float | None) -> None:
        super().__init__()
        self._line_s = line_s

    def __call__(self, value: object, pattern: object) -> bool:
        if not isinstance(value, str) or not _is_pattern(pattern):
            return False
        compiled = self.check_cache(pattern)
        return compiled is not None and bool(compiled.search(value, timeout=self._line_s))


def _is_pattern(value: object) -> TypeGuard[str]:
    """A pattern may come from the document, so its size is checked."""
    if not isinstance(value, str) or len(value) > _MOST_PATTERN_CHARS:
        return False
    return expanded_parts(value) <= MOST_PARTS


class JsonPathRule:
    def __init__(
        self,
        rule: ExtractionRule,
        *,
        json_path: str,
        field: str,
        limit: TimeLimit,
        most_chars: int,
    ) -> None:
        """Raises InvalidInput; `field` is the rule's place in the input."""
        self._name = rule.name
        self._most = MOST_FOUND if rule.every_match else 1
        self._most_chars = most_chars
        types = dict(rule.types)
        self._kind = types.pop("value", None)
        self._path = _compiled(json_path, limit, field=f"{field}.json_path")
        if types:
            raise InvalidInput(
                f"{field}.types", "a json_path has no groups; only value has a type"
            )

    def find(self, _: str, document: Document | None) -> list[Found]:
        """Raises TimeoutError."""
        values = () if document is None else self._path.values(document)
        found = (value for value in values if value is not None)
        try:
            return [
                Found(rule=self._name, value=_captured(value, self._kind, self._most_chars))
                for value in islice(found, self._most)
            ]
        except _EVALUATION_ERRORS:
            return []


def _compiled(json_path: str, limit: TimeLimit, *, field: str) -> TimedJsonPath:
    if len(json_path) > _MOST_CHARS:
        raise InvalidInput(field, f"should have at most {_MOST_CHARS} characters")
    try:
        return TimedJsonPath(json_path, limit=limit)
    except (JSONPathError, ValueError) as error:
        reason = error.args[0] if error.args else "it cannot be parsed"
        raise InvalidInput(field, f"is no path after RFC 9535: {reason}") from error
    except RecursionError as error:
        raise InvalidInput(field, "is nested too deeply") from error


def _captured(value: object, kind: CaptureType | None, most_chars: int) -> Captured:
    """The JSON type is kept unless the rule names another."""
    if kind is None or kind == _own_kind(value):
        match value:
            case bool() | float():
                return value
            case int() if value in _INTEGERS:
                return value
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return captured_as(text, kind or "text", most_chars=most_chars)


def _own_kind(value: object) -> CaptureType:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "text"
