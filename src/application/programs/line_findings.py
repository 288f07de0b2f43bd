"""Emits what the rules of a task find, right after the line they found it in."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from domain.events import AgentEvent
from domain.extraction import MOST_FOUND, ExtractionRule
from domain.lines import MAX_LINE_CHARS
from domain.process_events import Extraction, Log
from domain.task_events import Error
from domain.terminal_text import plain_text
from ports.pattern_matcher import PatternMatcher
from ports.runner import RunEvents

_MOMENT_S = 0.01  # after which others have their turn


class LineExtraction:
    """Applies the rules of one task to its lines."""

    def __init__(self, rules: Sequence[ExtractionRule], matcher: PatternMatcher) -> None:
        """Raises InvalidInput for a rule that cannot be used."""
        self._rules = matcher.ready(rules)
        self._has_rules = bool(rules)
        self._reported = 0

    def of(self, line: str, *, text: str, line_num: int) -> Sequence[Extraction | Error]:
        """At most `MOST_FOUND` findings, then an error for each rule that took too long here.

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
        slow = self._rules.too_slow[self._reported :]
        self._reported += len(slow)
        return [
            Error(
                message=f"The extraction rule {name!r} takes too long and is not tried any more.",
                phase="extraction",
                recoverable=True,
            )
            for name in slow
        ]


class LineFindings:
    """A line that is shown in pieces is searched once it is whole, or has `MAX_LINE_CHARS`."""

    def __init__(self, events: RunEvents, extraction: LineExtraction) -> None:
        self._events = events
        self._extraction = extraction
        self._pieces: dict[int, list[str]] = {}
        self._has_more = False

    async def emit_all(self, logs: Iterable[Log]) -> None:
        """Emit lines, each followed by what is found in it."""
        emitted = self._with_findings(logs)
        self._has_more = True
        while self._has_more:
            await self._events.emit_all(self._for_a_moment(emitted))
            await asyncio.sleep(0)

    async def in_log(self, log: Log) -> None:
        """Search a line that was emitted already."""
        if found := list(self._findings(log)):
            await self._events.emit_all(found)

    async def in_document(self, line: str, *, line_num: int) -> None:
        """Search by JSON paths only."""
        await self._events.emit_all(self._extraction.of(line, text="", line_num=line_num))

    async def in_text(self, text: str, *, line_num: int) -> None:
        """Search each line of a message or a result by patterns only."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _MOMENT_S
        for line in text.split("\n"):
            found = self._extraction.of("", text=plain_text(line), line_num=line_num)
            await self._events.emit_all(found)
            if loop.time() > until:
                await asyncio.sleep(0)
                until = loop.time() + _MOMENT_S

    def _for_a_moment(self, events: Iterator[AgentEvent]) -> Iterator[AgentEvent]:
        """As many events as a turn of the event loop allows: many rules take time for each line."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _MOMENT_S
        for event in events:
            yield event
            if loop.time() > until:
                return
        self._has_more = False

    def _with_findings(self, logs: Iterable[Log]) -> Iterator[AgentEvent]:
        for log in logs:
            yield log
            yield from self._findings(log)

    def _findings(self, log: Log) -> Iterator[AgentEvent]:
        if (line := self._whole(log)) is not None:
            text = plain_text(line)
            yield from self._extraction.of(line, text=text, line_num=log.line_num)

    def _whole(self, log: Log) -> str | None:
        """The line to search; None while it is only the beginning of one."""
        if not log.partial and log.line_num not in self._pieces:
            return log.line
        pieces = self._pieces.setdefault(log.line_num, [])
        pieces.append(log.line)
        if log.partial and sum(map(len, pieces)) < MAX_LINE_CHARS:
            return None
        whole = "".join(pieces)
        pieces.clear()
        if not log.partial:
            del self._pieces[log.line_num]
        return whole
