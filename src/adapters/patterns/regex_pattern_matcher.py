"""Matches patterns with the package `regex`, which supports timeouts, and JSON paths."""

from collections.abc import Sequence
from typing import Protocol

from adapters.patterns.json_line import Document, json_of
from adapters.patterns.regex_rule import RegexRule
from adapters.patterns.time_limit import LINE_S, TimeLimit
from domain.built_in_rules import BUILT_IN_RULES
from domain.errors import InvalidInput
from domain.extraction import CAPTURED_CHARS, ExtractionRule, Found

# Their cost is linear in the bounded length of a line, so no time limit is needed, which a slow
# processor could exceed.
_LINEAR = frozenset(rule.pattern for rule in BUILT_IN_RULES.values() if rule.pattern)


class RegexPatternMatcher:
    def __init__(self, *, line_s: float | None = LINE_S) -> None:
        """`line_s` is the CPU time for one line of a rule that is not built in; None: no limit."""
        self._line_s = line_s

    def ready(
        self,
        rules: Sequence[ExtractionRule],
        *,
        field: str = "rules",
        most_chars: int = CAPTURED_CHARS,
    ) -> "TimedRules":
        return TimedRules(
            [
                self._timed(rule, field=f"{field}.{index}", most_chars=most_chars)
                for index, rule in enumerate(rules)
            ],
            reads_json=any(rule.json_path is not None for rule in rules),
        )

    def _timed(self, rule: ExtractionRule, *, field: str, most_chars: int) -> "_TimedRule":
        limit = TimeLimit(None if rule.pattern in _LINEAR else self._line_s)
        ready = _compiled_rule(rule, field=field, limit=limit, most_chars=most_chars)
        return _TimedRule(rule.name, ready, limit)


class TimedRules:
    def __init__(self, rules: "Sequence[_TimedRule]", *, reads_json: bool) -> None:
        self._rules = list(rules)
        self._reads_json = reads_json
        self._too_slow: list[str] = []

    @property
    def too_slow(self) -> Sequence[str]:
        return tuple(self._too_slow)

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        # Parsed once for all rules, outside of their time limits.
        document = json_of(line) if self._reads_json else None
        found: list[Found] = []
        for rule in tuple(self._rules):
            try:
                found += rule.find(text, document)
            except TimeoutError:
                self._drop(rule)
        return found

    def _drop(self, rule: "_TimedRule") -> None:
        self._rules.remove(rule)
        if rule.name not in self._too_slow:
            self._too_slow.append(rule.name)


class _CompiledRule(Protocol):
    def find(self, text: str, document: Document | None, /) -> list[Found]:
        """Raises TimeoutError."""


class _TimedRule:
    def __init__(self, name: str, rule: _CompiledRule, limit: TimeLimit) -> None:
        self.name = name
        self._rule = rule
        self._limit = limit

    def find(self, text: str, document: Document | None) -> list[Found]:
        """Raises TimeoutError."""
        self._limit.begin()
        found = self._rule.find(text, document)
        self._limit.end()
        return found


def _compiled_rule(
    rule: ExtractionRule, *, field: str, limit: TimeLimit, most_chars: int
) -> _CompiledRule:
    if rule.pattern is not None:
        return RegexRule(
            rule,
            pattern=rule.pattern,
            field=field,
            timeout_s=limit.line_s,
            most_chars=most_chars,
        )
    if rule.json_path is not None:
        # Few rules have one, and importing its library is slow.
        from adapters.patterns.json_path_rule import JsonPathRule

        return JsonPathRule(
            rule,
            json_path=rule.json_path,
            field=field,
            limit=limit,
            most_chars=most_chars,
        )
    raise InvalidInput(field, "needs a pattern or a json_path")
