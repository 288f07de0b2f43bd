"""Finds what extraction rules look for, in bounded time."""

from collections.abc import Sequence
from typing import Protocol

from domain.extraction import ExtractionRule, Found


class LineRules(Protocol):
    """Rules made ready. A rule that once takes too long is not tried again by this object."""

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        """Everything in one line, in the order of the rules and of the places in the line.

        `line` is as it was written, for the JSON paths; `text` is without terminal escapes, for
        the patterns. Never raises: a line that a rule cannot be tried on has nothing to find.
        """

    @property
    def too_slow(self) -> Sequence[str]:
        """The names of the rules that were given up."""


class PatternMatcher(Protocol):
    def ready(self, rules: Sequence[ExtractionRule]) -> LineRules:
        """Raises InvalidInput that names the rule and what is wrong with its pattern or path."""
