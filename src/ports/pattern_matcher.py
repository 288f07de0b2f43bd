"""Matches extraction rules against lines in bounded time."""

from collections.abc import Sequence
from typing import Protocol

from domain.extraction import CAPTURED_CHARS, ExtractionRule, Found


class LineRules(Protocol):
    """Compiled rules, for one caller at a time. A rule that takes too long is dropped."""

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        """All matches in one line, by rule and then by position; at most `MOST_FOUND` a rule.

        JSON paths get `line` as written, patterns get `text` without terminal escapes. Each rule
        has a fraction of a second, so this may run on the event loop. Never raises.
        """

    @property
    def too_slow(self) -> Sequence[str]:
        """The names of the rules that were dropped."""


class PatternMatcher(Protocol):
    def ready(
        self,
        rules: Sequence[ExtractionRule],
        *,
        field: str = "rules",
        most_chars: int = CAPTURED_CHARS,
    ) -> LineRules:
        """Compile rules. Raises InvalidInput with the wrong field, such as `rules.2.pattern`.

        `field` is the caller's name of the list. Captured texts are cut to `most_chars`.
        """
