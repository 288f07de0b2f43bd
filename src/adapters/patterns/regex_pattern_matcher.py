"""Patterns by the package `regex`, which can stop one that takes too long, and JSON paths."""

from collections.abc import Sequence
from typing import Protocol

from adapters.patterns.json_line import Document, json_of
from adapters.patterns.patience import LINE_S, Patience
from adapters.patterns.regex_rule import RegexRule
from domain.built_in_rules import BUILT_IN_RULES
from domain.errors import InvalidInput
from domain.extraction import CAPTURED_CHARS, ExtractionRule, Found

# What these cost grows with the line and no faster, and lines are bounded: that holds on a slow
# processor too, where a limit in seconds would give them up.
_LINEAR = frozenset(rule.pattern for rule in BUILT_IN_RULES.values() if rule.pattern)


class RegexPatternMatcher:
    def __init__(self, *, line_s: float | None = LINE_S) -> None:
        """`line_s` is the processor time that a rule which is not built in has for one line.

        None: for one line and for all of them it may take as long as it does.
        """
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
        patience = Patience(None if rule.pattern in _LINEAR else self._line_s)
        ready = _ready(rule, field=field, patience=patience, most_chars=most_chars)
        return _TimedRule(rule.name, ready, patience)


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


def _ready(rule: ExtractionRule, *, field: str, patience: Patience, most_chars: int) -> _ReadyRule:
    if rule.pattern is not None:
        return RegexRule(
            rule,
            pattern=rule.pattern,
            field=field,
            timeout_s=patience.line_s,
            most_chars=most_chars,
        )
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
