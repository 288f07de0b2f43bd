"""A dry run of rules: bounded in time, in findings, and in how many run at once."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import anyio
import pytest

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.serving.rule_trial import MOST_ITEMS, DryRun, FoundInLine, RuleTrial
from domain.errors import LimitReached
from domain.extraction import ExtractionRule, Found
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

DIGIT = ExtractionRule(name="digit", pattern=r"\d")


class ActingMatcher:
    """Does what the test says for each line."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    def ready(
        self, rules: Sequence[ExtractionRule], *, field: str = "rules", most_chars: int = 0
    ) -> "ActingMatcher":
        return self

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        self._act()
        return [Found(rule="line", value=text)]

    @property
    def too_slow(self) -> Sequence[str]:
        return ()


async def test_lines_are_numbered_and_read_without_escapes() -> None:
    test = RuleTrial(matcher=RegexPatternMatcher(line_s=None), clock=FakeClock())

    tested = await test.run([DIGIT], "a\r\n\x1b[1mb2\x1b[0m\nc3")

    assert tested == DryRun(
        items=[
            FoundInLine(found=Found(rule="digit", value="2"), line_num=2),
            FoundInLine(found=Found(rule="digit", value="3"), line_num=3),
        ],
        too_slow=(),
        is_cut=False,
    )


async def test_what_comes_after_the_time_is_up_is_not_looked_at() -> None:
    clock = FakeClock()
    test = RuleTrial(matcher=ActingMatcher(lambda: clock.advance(1.5)), clock=clock)

    tested = await test.run([DIGIT], "a\nb\nc\nd")

    assert ([item.line_num for item in tested.items], tested.is_cut) == ([1, 2], True)


async def test_only_so_much_is_found_in_one_text() -> None:
    test = RuleTrial(matcher=RegexPatternMatcher(line_s=None), clock=FakeClock())

    tested = await test.run([DIGIT], ("1" * 50 + "\n") * 1000)

    assert (len(tested.items), tested.is_cut) == (MOST_ITEMS, True)


async def test_a_cut_within_the_last_line_is_reported() -> None:
    test = RuleTrial(matcher=RegexPatternMatcher(line_s=None), clock=FakeClock())
    text = "1" * 99 + "\n" + ("1" * 100 + "\n") * 50

    tested = await test.run([DIGIT], text)

    assert (len(tested.items), tested.is_cut) == (MOST_ITEMS, True)


async def test_an_empty_text_holds_nothing() -> None:
    test = RuleTrial(matcher=RegexPatternMatcher(line_s=None), clock=FakeClock())

    assert (await test.run([DIGIT], "")).items == []


async def test_the_event_loop_goes_on_and_too_many_at_once_are_refused() -> None:
    may_end = threading.Event()
    test = RuleTrial(matcher=ActingMatcher(lambda: may_end.wait(5)), clock=FakeClock())

    with anyio.fail_after(PATIENCE_S):
        async with asyncio.TaskGroup() as group:
            runs = [group.create_task(test.run([DIGIT], "a")) for _ in range(10)]
            await asyncio.sleep(0)
            with pytest.raises(LimitReached):
                await test.run([DIGIT], "a")
            may_end.set()

    assert [len(run.result().items) for run in runs] == [1] * 10
