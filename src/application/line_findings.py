"""Tells what the rules of a task find, right after the line they found it in."""

import asyncio
from collections.abc import Iterable, Iterator

from application.line_extraction import LineExtraction
from domain.events import AgentEvent
from domain.lines import MAX_LINE_CHARS
from domain.process_events import Log
from domain.terminal_text import plain_text
from ports.runner import RunContext

_LINES_AT_ONCE = 256  # with many rules that takes some milliseconds, for which others wait


class LineFindings:
    """A line shown in pieces is looked at when it is whole, or has reached `MAX_LINE_CHARS`."""

    def __init__(self, context: RunContext, extraction: LineExtraction) -> None:
        self._context = context
        self._extraction = extraction
        self._pieces: dict[int, list[str]] = {}

    async def emit_all(self, logs: Iterable[Log]) -> None:
        """Emit lines, each followed by what is found in it."""
        await self._context.emit_all(self._with_findings(logs))
        await asyncio.sleep(0)

    async def in_document(self, line: str, *, line_num: int) -> None:
        """Look only by JSON paths."""
        await self._context.emit_all(self._extraction.of(line, text="", line_num=line_num))

    async def in_text(self, text: str, *, line_num: int) -> None:
        """Look only by patterns, in each line of something that an agent has said."""
        lines = text.split("\n")
        for start in range(0, len(lines), _LINES_AT_ONCE):
            for line in lines[start : start + _LINES_AT_ONCE]:
                found = self._extraction.of("", text=plain_text(line), line_num=line_num)
                await self._context.emit_all(found)
            await asyncio.sleep(0)

    def _with_findings(self, logs: Iterable[Log]) -> Iterator[AgentEvent]:
        for log in logs:
            yield log
            if (line := self._whole(log)) is not None:
                text = plain_text(line)
                yield from self._extraction.of(line, text=text, line_num=log.line_num)

    def _whole(self, log: Log) -> str | None:
        """What can be looked at now; None while it is only the beginning of a line."""
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
