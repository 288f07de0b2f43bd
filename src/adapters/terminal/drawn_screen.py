"""A pyte screen that draws cells fast, and as today's terminals do."""

import re
from collections import defaultdict
from functools import lru_cache

from pyte import charsets, modes
from pyte.screens import Char, Screen, StaticDefaultDict, wcwidth

from adapters.terminal.reflow import Line
from domain.terminal_text import ONE_CELL

_MOST_MARKS = 8  # combining marks on one character
_RUNS = re.compile(f"[{ONE_CELL}]+|.", re.DOTALL)


@lru_cache(maxsize=4096)
def _cell(text: str) -> Char:
    """Colours are not kept, so equal characters share one cell."""
    return Char(text)


def as_line(line: StaticDefaultDict[int, Char]) -> Line:
    assert isinstance(line, Line)  # buffers contain nothing else
    return line


class DrawnScreen(Screen):
    """Its lines record whether they continue the line above."""

    def __init__(self, columns: int, lines: int) -> None:
        self.last_drawn = ""
        super().__init__(columns, lines)
        self.buffer = defaultdict(self._blank)

    @property
    def default_char(self) -> Char:
        return _cell(" ")

    def draw(self, data: str) -> None:
        if not data:
            return
        self.last_drawn = data[-1]
        charset = self.g1_charset if self.charset else self.g0_charset
        data = data if charset is charsets.LAT1_MAP else data.translate(charset)
        for run in (data,) if data.isascii() else _RUNS.findall(data):
            if len(run) > 1 or run.isascii():
                self._draw_narrow(run)
            else:
                self._draw_one(run)

    def repeat(self, count: int) -> None:
        self.draw(self.last_drawn * min(count or 1, self.columns * self.lines))

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        first = self.cursor.x if how == 0 else 0
        last = self.cursor.x if how == 1 else self.columns
        if how in (0, 1, 2):
            line = self.buffer[self.cursor.y]
            if how == 2 or (how == 0 and first == 0):
                as_line(line).is_wrapped = False
            for x in [x for x in line if first <= x <= last]:
                del line[x]

    def insert_characters(self, count: int | None = None) -> None:
        self._shift(count or 1, start=self.cursor.x)

    def delete_characters(self, count: int | None = None) -> None:
        count = min(count or 1, self.columns - self.cursor.x)
        self._shift(-count, start=self.cursor.x + count)

    def erase_characters(self, count: int | None = None) -> None:
        line = self.buffer[self.cursor.y]
        end = self.cursor.x + (count or 1)
        for x in [x for x in line if self.cursor.x <= x < end]:
            del line[x]

    def erase_in_display(self, how: int = 0, *args: int, **kwargs: bool) -> None:
        first = self.cursor.y + 1 if how == 0 else 0
        last = self.cursor.y if how == 1 else self.lines
        if how in (0, 1, 2):
            for y in range(first, last):
                self.buffer.pop(y, None)
            if how < 2:
                self.erase_in_line(how)
            if how == 1:
                as_line(self.buffer[self.cursor.y]).is_wrapped = False

    def delete_lines(self, count: int | None = None) -> None:
        top, bottom = self.margins or (0, self.lines - 1)
        if not top <= self.cursor.y <= bottom:
            return
        for y in range(self.cursor.y, bottom + 1):
            below = y + (count or 1)
            line = self.buffer.pop(below, None) if below <= bottom else None
            if line is None:
                self.buffer.pop(y, None)
            else:
                self.buffer[y] = line
        self.carriage_return()

    def _blank(self) -> Line:
        return Line(self.default_char)

    def _shift(self, count: int, *, start: int) -> None:
        """Shift cells of the cursor's line from `start` on; `count` may be negative."""
        line = self.buffer[self.cursor.y]
        shifted = {x + count: line[x] for x in line if x >= start and x + count < self.columns}
        for x in [x for x in line if x >= min(start, start + count)]:
            del line[x]
        line.update(shifted)

    def _draw_narrow(self, data: str) -> None:
        while data:
            self._wrap_if_pending()
            start, end = self.cursor.x, min(self.cursor.x + len(data), self.columns)
            piece, data = data[: end - start], data[end - start :]
            line = self._cleared(start, end)
            line.update(zip(range(start, end), map(_cell, piece), strict=True))
            self.cursor.x = end

    def _draw_one(self, char: str) -> None:
        width = wcwidth(char)
        if width == 1:
            self._draw_narrow(char)
        elif width == 2 and self.columns > 1:
            self._draw_wide(char)
        elif width == 0:
            self._add_mark(char)

    def _draw_wide(self, char: str) -> None:
        if self.cursor.x == self.columns - 1:
            self.buffer[self.cursor.y].pop(self.cursor.x, None)
            self.cursor.x = self.columns
        self._wrap_if_pending()
        start = min(self.cursor.x, self.columns - 2)
        line = self._cleared(start, start + 2)
        line[start], line[start + 1] = _cell(char), _cell("")
        self.cursor.x = start + 2

    def _add_mark(self, char: str) -> None:
        line, x = self.buffer[self.cursor.y], self.cursor.x - 1
        x -= line[x].data == ""
        if x >= 0 and len(line[x].data) <= _MOST_MARKS:
            line[x] = _cell(line[x].data + char)

    def _wrap_if_pending(self) -> None:
        if self.cursor.x < self.columns:
            return
        if modes.DECAWM in self.mode:
            self.carriage_return()
            self.index()
            as_line(self.buffer[self.cursor.y]).is_wrapped = True
        else:
            self.cursor.x = self.columns - 1

    def _cleared(self, start: int, end: int) -> dict[int, Char]:
        """The cursor's line, without half of a wide character next to the cleared range."""
        if modes.IRM in self.mode:
            self.insert_characters(end - start)
        line = self.buffer[self.cursor.y]
        if start and line[start].data == "":
            line[start - 1] = self.default_char
        if line[end].data == "":
            line[end] = self.default_char
        return line
