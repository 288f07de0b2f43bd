"""Finds what extraction rules look for, in bounded time."""

from collections.abc import Sequence
from typing import Protocol

from domain.extraction import CAPTURED_CHARS, ExtractionRule, Found


class LineRules(Protocol):
    """Rules made ready, for one caller at a time. One that takes too long is not tried again."""

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        """Everything in one line, in the order of the rules and of the places in the line.

        `line` is as it was written, for the JSON paths; `text` is without terminal escapes, for
        the patterns. Of each rule at most `MOST_FOUND`. Each rule has a fraction of a second, so
        it may be called on the event loop. Never raises: a line that a rule cannot be tried on
        has nothing to find.
        """

    @property
    def too_slow(self) -> Sequence[str]:
        """The names of the rules that were given up."""


class PatternMatcher(Protocol):
    def ready(
        self,
        rules: Sequence[ExtractionRule],
        *,
        field: str = "rules",
        most_chars: int = CAPTURED_CHARS,
    ) -> LineRules:
        """Raises InvalidInput whose field is the part of the rule that is wrong: `rules.2.pattern`.

        `field` is what the one who gave the rules calls them; of a captured text that is longer
        than `most_chars` only its beginning is kept.
        """
