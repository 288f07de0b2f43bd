"""Findings as events, and what is said of a rule that is too slow."""

from collections.abc import Sequence

from application.programs.line_extraction import LineExtraction
from domain.extraction import MOST_FOUND, ExtractionRule, Found
from domain.process_events import Extraction
from domain.task_events import Error

RULE = ExtractionRule(name="word", pattern="x")


class FakeMatcher:
    """Finds each word of a line; `slow` is given up when a line holds it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self._too_slow: list[str] = []

    def ready(
        self, rules: Sequence[ExtractionRule], *, field: str = "rules", most_chars: int = 0
    ) -> "FakeMatcher":
        return self

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        self.seen.append((line, text))
        self._too_slow += [word for word in text.split() if word == "slow"]
        return [Found(rule="word", value=word, groups={"w": word}) for word in text.split()]

    @property
    def too_slow(self) -> Sequence[str]:
        return self._too_slow


def test_findings_carry_the_number_of_their_line() -> None:
    matcher = FakeMatcher()

    events = LineExtraction([RULE], matcher).of("\x1b[1ma", text="a", line_num=7)

    assert events == [Extraction(rule="word", value="a", groups={"w": "a"}, line_num=7)]
    assert matcher.seen == [("\x1b[1ma", "a")]


def test_a_rule_that_is_given_up_is_told_of_once() -> None:
    extraction = LineExtraction([RULE], FakeMatcher())

    [_, told] = extraction.of("slow", text="slow", line_num=1)
    later = extraction.of("fine", text="fine", line_num=2)

    assert told == Error(
        message="The extraction rule 'slow' takes too long and is not tried any more.",
        phase="extraction",
        recoverable=True,
    )
    assert [type(event) for event in later] == [Extraction]


def test_one_line_gives_only_so_many_events() -> None:
    line = "a " * (MOST_FOUND + 50)

    assert len(LineExtraction([RULE], FakeMatcher()).of(line, text=line, line_num=1)) == MOST_FOUND


def test_without_rules_nothing_is_looked_at() -> None:
    matcher = FakeMatcher()

    assert LineExtraction([], matcher).of("a", text="a", line_num=1) == ()
    assert matcher.seen == []
