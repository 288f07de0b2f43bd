"""Cuts a stream of decoded output into numbered lines of bounded length."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.terminal_text import unfinished_escape

MAX_LINE_CHARS = 32 * 1024


class Line(NamedTuple):
    # There is one for each line of output; a frozen dataclass takes twice as long to make.
    text: str
    number: int
    """From 1; pieces of one line share theirs, and together they are the line."""
    is_partial: bool = False
    """The line goes on in the next piece."""


class LineSplitter:
    """Feed it text as it comes; it holds back at most one unfinished line of bounded length.

    However the text is cut into chunks, the same lines come out: `\\n` and `\\r\\n` end a line,
    and what is longer than `max_chars` comes in pieces of that length. Every line has exactly
    one piece that is not partial, its last.
    """

    def __init__(self, *, max_chars: int = MAX_LINE_CHARS) -> None:
        self._max_chars = max_chars
        # Kept as it came and joined once a line ends, so that tiny chunks cost linear time.
        self._held: list[str] = []
        self._held_chars = 0
        self._number = 1
        self._was_shown = False

    @property
    def has_unfinished(self) -> bool:
        """Whether part of a line is held back."""
        return self._held_chars > 0

    def feed(self, text: str) -> Sequence[Line]:
        """The lines that `text` completes, and pieces of one that gets too long."""
        if not text:
            return []
        self._hold(text)
        if self._held_chars <= self._max_chars + 1 and "\n" not in text:
            return []
        *whole, rest = self._take().split("\n")
        lines: list[Line] = []
        if whole and max(map(len, whole)) <= self._max_chars:
            self._finish_all(whole, lines)
        else:
            for line in whole:
                self._finish(line, lines)
        self._hold(self._cut(rest, lines))
        return lines

    def show_unfinished(self) -> Line | None:
        """The unfinished line so far, as a piece; None if none of it is certain yet."""
        text = self._take()
        ready = len(text) - _unsure_end(text)
        self._hold(text[ready:])
        return self._piece(text[:ready]) if ready else None

    def end(self) -> Sequence[Line]:
        """The last line, if the output ended without a line feed."""
        lines: list[Line] = []
        if self._held_chars or self._was_shown:
            self._finish(self._take(), lines)
        return lines

    def _hold(self, text: str) -> None:
        if text:
            self._held.append(text)
            self._held_chars += len(text)

    def _take(self) -> str:
        text = "".join(self._held)
        self._held.clear()
        self._held_chars = 0
        return text

    def _finish_all(self, whole: Sequence[str], lines: list[Line]) -> None:
        """Finish lines of which none is too long, as nearly all are."""
        lines += [
            Line(text=line.removesuffix("\r"), number=number)
            for number, line in enumerate(whole, self._number)
        ]
        self._number += len(whole)
        self._was_shown = False

    def _finish(self, line: str, lines: list[Line]) -> None:
        rest = self._cut(line, lines).removesuffix("\r")
        lines.append(Line(text=rest, number=self._number))
        self._number += 1
        self._was_shown = False

    def _cut(self, line: str, lines: list[Line]) -> str:
        """Emit pieces of a line while more than one is certain to follow; returns the rest."""
        start, certain = 0, len(line) - line.endswith("\r")
        while certain - start > self._max_chars:
            piece = line[start : start + self._max_chars]
            piece = piece.removesuffix(unfinished_escape(piece)) or piece
            lines.append(self._piece(piece))
            start += len(piece)
        return line[start:] if start else line

    def _piece(self, text: str) -> Line:
        self._was_shown = True
        return Line(text=text, number=self._number, is_partial=True)


def _unsure_end(text: str) -> int:
    """How much at the end may turn out to be half of a line's end or of an escape sequence."""
    return 1 if text.endswith("\r") else len(unfinished_escape(text))
