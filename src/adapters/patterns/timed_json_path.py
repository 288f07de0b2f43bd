"""A JSON path that can be stopped: every node it comes by, and every comparison, asks for time."""

from collections.abc import Iterable, Iterator
from typing import TypeGuard

import jsonpath
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
from adapters.patterns.patience import Patience
from adapters.patterns.repeats import MOST_PARTS, written_out

_MOST_PATTERN_CHARS = 1024


class TimedJsonPath:
    def __init__(self, path: str, *, patience: Patience) -> None:
        """Raises JSONPathError."""
        self._path = _Environment(patience).compile(path)

    def values(self, document: Document) -> Iterator[object]:
        """Raises TimeoutError when the patience that was begun is over."""
        return (match.obj for match in self._path.finditer(document))


class _Environment(jsonpath.JSONPathEnvironment):
    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.parser_class = _Parser
        super().__init__(strict=True)

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _TimedMatch(self.patience.line_s)
        self.function_extensions["search"] = _TimedSearch(self.patience.line_s)

    def compare(self, left: object, operator: str, right: object) -> bool:
        self.patience.check()
        return super().compare(left, operator, right)


class _Parser(Parser):
    def parse_query(self, stream: TokenStream) -> Iterable[JSONPathSegment]:
        for segment in super().parse_query(stream):
            descends = isinstance(segment, JSONPathRecursiveDescentSegment)
            timed = _TimedDescent if descends else _TimedChild
            yield timed(env=self.env, token=segment.token, selectors=segment.selectors)


def _ticking(
    nodes: Iterable[JSONPathMatch], env: jsonpath.JSONPathEnvironment
) -> Iterator[JSONPathMatch]:
    assert isinstance(env, _Environment)
    for node in nodes:
        env.patience.check()
        yield node


class _TimedChild(JSONPathChildSegment):
    def resolve(self, nodes: Iterable[JSONPathMatch]) -> Iterable[JSONPathMatch]:
        return super().resolve(_ticking(nodes, self.env))


class _TimedDescent(JSONPathRecursiveDescentSegment):
    def resolve(self, nodes: Iterable[JSONPathMatch]) -> Iterable[JSONPathMatch]:
        return super().resolve(_ticking(nodes, self.env))

    def _visit(self, node: JSONPathMatch, depth: int = 1) -> Iterable[JSONPathMatch]:
        return _ticking(super()._visit(node, depth), self.env)


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
    """It may come from the document, where nobody has bounded it."""
    if not isinstance(value, str) or len(value) > _MOST_PATTERN_CHARS:
        return False
    return written_out(value) <= MOST_PARTS
