"""What the rules of a task find in the lines of its output."""

import asyncio
from collections.abc import Sequence

import anyio

from application.programs.line_findings import LineExtraction, LineFindings
from domain.agent_profile import AgentProfile
from domain.extraction import MOST_FOUND, ExtractionRule, Found
from domain.ids import AgentName
from domain.process_events import Extraction, Log
from domain.task_events import Error
from tests.patience import PATIENCE_S
from tests.process_fakes import RecordingContext

RULE = ExtractionRule(name="slow", pattern="x")
PROFILE = AgentProfile(name=AgentName("a"), kind="command")
RULE = ExtractionRule(name="word", pattern="x")


class SlowMatcher:
    """Takes longer for each line than a turn may take, and notes how many turns others had."""

    too_slow: Sequence[str] = ()

    def __init__(self) -> None:
        self.turns = 0
        self.turns_before: list[int] = []

    def ready(
        self, rules: Sequence[ExtractionRule], *, field: str = "rules", most_chars: int = 0
    ) -> "SlowMatcher":
        return self

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        self.turns_before.append(self.turns)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + 0.02:
            pass
        return ()

    async def take_turns(self) -> None:
        while True:
            self.turns += 1
            await asyncio.sleep(0)


async def test_others_have_their_turn_between_lines_that_take_long() -> None:
    matcher = SlowMatcher()
    findings = LineFindings(RecordingContext(profile=PROFILE), LineExtraction([RULE], matcher))
    others = asyncio.create_task(matcher.take_turns())

    with anyio.fail_after(PATIENCE_S):
        await findings.emit_all(Log(line="x", line_num=n, stream="stdout") for n in (1, 2, 3))
        await findings.in_text("x\nx\nx", line_num=4)
    others.cancel()

    assert len(set(matcher.turns_before)) == 6


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


def test_a_rule_that_is_given_up_is_reported_once() -> None:
    extraction = LineExtraction([RULE], FakeMatcher())

    [_, error] = extraction.of("slow", text="slow", line_num=1)
    later = extraction.of("fine", text="fine", line_num=2)

    assert error == Error(
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
