"""Says what rules find in the lines of one task, as events."""

from collections.abc import Sequence

from domain.extraction import MOST_FOUND, ExtractionRule
from domain.process_events import Extraction
from domain.task_events import Error
from ports.pattern_matcher import PatternMatcher


class LineExtraction:
    def __init__(self, rules: Sequence[ExtractionRule], matcher: PatternMatcher) -> None:
        """Raises InvalidInput for a rule that cannot be used."""
        self._rules = matcher.ready(rules)
        self._has_rules = bool(rules)
        self._told = 0

    def of(self, line: str, *, text: str, line_num: int) -> Sequence[Extraction | Error]:
        """At most `MOST_FOUND` findings; after them an error for each rule given up on this line.

        `line` is as it was written, `text` the same without terminal escapes.
        """
        if not self._has_rules:
            return ()
        found = self._rules.find(line, text=text)[:MOST_FOUND]
        extractions = [
            Extraction(rule=one.rule, value=one.value, groups=one.groups, line_num=line_num)
            for one in found
        ]
        return [*extractions, *self._given_up()]

    def _given_up(self) -> Sequence[Error]:
        slow = self._rules.too_slow[self._told :]
        self._told += len(slow)
        return [
            Error(
                message=f"The extraction rule {name!r} takes too long and is not tried any more.",
                phase="extraction",
                recoverable=True,
            )
            for name in slow
        ]
