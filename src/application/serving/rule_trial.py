"""Tries rules on a text without running an agent."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import LimitReached
from domain.extraction import MOST_FOUND, ExtractionRule, Found
from domain.lines import LineSplitter
from domain.terminal_text import plain_text
from ports.clock import Clock
from ports.pattern_matcher import LineRules, PatternMatcher

MOST_ITEMS = 5_000
_TOTAL_S = 2.0
_AT_ONCE = 2  # each occupies a thread that others need as well
_MOST_WAITING = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInLine:
    found: Found
    line_num: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    items: Sequence[FoundInLine]
    too_slow: Sequence[str]
    is_cut: bool
    """Too many matches, or out of time: the rest of the text was not searched."""


class RuleTrial:
    def __init__(self, *, matcher: PatternMatcher, clock: Clock) -> None:
        self._matcher = matcher
        self._clock = clock
        self._threads = asyncio.Semaphore(_AT_ONCE)
        self._pending = 0

    async def run(self, rules: Sequence[ExtractionRule], text: str) -> DryRun:
        """In a thread. Raises InvalidInput, and LimitReached while too many are running."""
        ready = self._matcher.ready(rules)
        if self._pending >= _AT_ONCE + _MOST_WAITING:
            raise LimitReached("too many rules are being tested now", retry_after_s=2)
        self._pending += 1
        try:
            async with self._threads:
                return await asyncio.to_thread(self._test, ready, text)
        finally:
            self._pending -= 1

    def _test(self, ready: LineRules, text: str) -> DryRun:
        splitter = LineSplitter(max_chars=len(text))
        ends_at = self._clock.monotonic() + _TOTAL_S
        items: list[FoundInLine] = []
        is_cut = False
        for line in (*splitter.feed(text), *splitter.end()):
            is_cut = len(items) >= MOST_ITEMS or self._clock.monotonic() > ends_at
            if is_cut:
                break
            found = ready.find(line.text, text=plain_text(line.text))[:MOST_FOUND]
            items += (FoundInLine(found=one, line_num=line.number) for one in found)
        is_cut = is_cut or len(items) > MOST_ITEMS
        return DryRun(items=items[:MOST_ITEMS], too_slow=ready.too_slow, is_cut=is_cut)
