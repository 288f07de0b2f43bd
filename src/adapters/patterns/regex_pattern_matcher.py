"""Patterns by the package `regex`, which can stop one that takes too long, and JSON paths."""

from collections.abc import Sequence
from typing import Protocol

from adapters.patterns.json_line import Document, json_of
from adapters.patterns.patience import Patience
from adapters.patterns.regex_rule import RegexRule
from domain.errors import InvalidInput
from domain.extraction import CAPTURED_CHARS, ExtractionRule, Found


class RegexPatternMatcher:
    def ready(
        self,
        rules: Sequence[ExtractionRule],
        *,
        field: str = "rules",
        most_chars: int = CAPTURED_CHARS,
    ) -> "TimedRules":
        return TimedRules(
            [
                _timed(rule, field=f"{field}.{index}", most_chars=most_chars)
                for index, rule in enumerate(rules)
            ],
            reads_json=any(rule.json_path is not None for rule in rules),
        )


class TimedRules:
    def __init__(self, rules: "Sequence[_TimedRule]", *, reads_json: bool) -> None:
        self._rules = list(rules)
        self._reads_json = reads_json
        self._too_slow: list[str] = []

    @property
    def too_slow(self) -> Sequence[str]:
        return tuple(self._too_slow)

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        # Read once for all rules, and on the time of none of them.
        document = json_of(line) if self._reads_json else None
        found: list[Found] = []
        for rule in tuple(self._rules):
            try:
                found += rule.find(text, document)
            except TimeoutError:
                self._give_up(rule)
        return found

    def _give_up(self, rule: "_TimedRule") -> None:
        self._rules.remove(rule)
        if rule.name not in self._too_slow:
            self._too_slow.append(rule.name)


class _ReadyRule(Protocol):
    def find(self, text: str, document: Document | None, /) -> list[Found]:
        """Raises TimeoutError."""


class _TimedRule:
    def __init__(self, name: str, rule: _ReadyRule, patience: Patience) -> None:
        self.name = name
        self._rule = rule
        self._patience = patience

    def find(self, text: str, document: Document | None) -> list[Found]:
        """Raises TimeoutError."""
        self._patience.begin()
        found = self._rule.find(text, document)
        self._patience.end()
        return found


def _timed(rule: ExtractionRule, *, field: str, most_chars: int) -> _TimedRule:
    patience = Patience()
    ready = _ready(rule, field=field, patience=patience, most_chars=most_chars)
    return _TimedRule(rule.name, ready, patience)


def _ready(rule: ExtractionRule, *, field: str, patience: Patience, most_chars: int) -> _ReadyRule:
    if rule.pattern is not None:
        return RegexRule(rule, pattern=rule.pattern, field=field, most_chars=most_chars)
    if rule.json_path is not None:
        # Few rules have one, and its library takes longer to load than all of `regex`.
        from adapters.patterns.json_path_rule import JsonPathRule

        return JsonPathRule(
            rule,
            json_path=rule.json_path,
            field=field,
            patience=patience,
            most_chars=most_chars,
        )
    raise InvalidInput(field, "needs a pattern or a json_path")
