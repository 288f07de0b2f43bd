"""Cuts a stream of decoded output into numbered lines of bounded length."""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE_CHARS = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    text: str
    number: int
    """From 1; pieces of one long line share theirs."""
    is_partial: bool = False
    """The line goes on in the next piece."""


class LineSplitter:
    """Feed it text as it comes; it holds back at most one unfinished line."""

    def __init__(self, *, max_chars: int = MAX_LINE_CHARS) -> None:
        self._max_chars = max_chars
        self._rest = ""
        self._number = 1

    def feed(self, text: str) -> Iterator[Line]:
        """The lines that `text` finishes; `\\n` and `\\r\\n` end a line."""
        *whole, rest = (self._rest + text).split("\n")
        self._rest = ""
        for line in whole:
            yield from self._pieces(line.removesuffix("\r"))
            self._number += 1
        yield from self._long_start(rest)

    def end(self) -> Iterator[Line]:
        """What is left when the output has ended without a line feed."""
        if self._rest:
            yield Line(text=self._rest, number=self._number)
            self._rest = ""
            self._number += 1

    def _pieces(self, line: str) -> Iterator[Line]:
        while len(line) > self._max_chars:
            yield Line(text=line[: self._max_chars], number=self._number, is_partial=True)
            line = line[self._max_chars :]
        yield Line(text=line, number=self._number)

    def _long_start(self, rest: str) -> Iterator[Line]:
        while len(rest) > self._max_chars:
            yield Line(text=rest[: self._max_chars], number=self._number, is_partial=True)
            rest = rest[self._max_chars :]
        self._rest = rest
