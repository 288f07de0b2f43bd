"""A screen of pyte that keeps its promises for whatever real programs draw on it."""

import copy
import re
from collections.abc import Callable
from functools import lru_cache

from pyte import charsets, modes
from pyte.screens import Char, Screen, StaticDefaultDict, wcwidth

from domain.terminal_text import ONE_CELL

_MOST_MARKS = 8  # on one character
_RUNS = re.compile(f"[{ONE_CELL}]+|.", re.DOTALL)


@lru_cache(maxsize=4096)
def _cell(text: str) -> Char:
    """Colours are not kept, so that equal characters can share one cell."""
    return Char(text)


class CastScreen(Screen):
    """Draws plain text fast, and has the second screen that full-screen programs use."""

    def __init__(self, columns: int, lines: int) -> None:
        self._main: dict[int, StaticDefaultDict[int, Char]] | None = None
        self.last_drawn = ""
        super().__init__(columns, lines)

    @property
    def default_char(self) -> Char:
        return _cell(" ")

    def rows(self) -> tuple[str, ...]:
        return tuple(self._row(y) for y in range(self.lines))

    def reset(self) -> None:
        super().reset()
        self.g1_charset = charsets.LAT1_MAP
        self.savepoints.clear()
        self._main = None
        self.last_drawn = ""

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

    def linefeed(self) -> None:
        """Terminals here add no return to it; only full-screen programs mean it without one."""
        self.cursor.x = min(self.cursor.x, self.columns - 1)
        super().linefeed()
        if self._main is None:
            self.carriage_return()

    def tab(self) -> None:
        super().tab()
        self.ensure_hbounds()

    def save_cursor(self) -> None:
        """One place only, as with any terminal since the first."""
        self.savepoints.clear()
        super().save_cursor()

    def restore_cursor(self) -> None:
        kept = list(self.savepoints)
        super().restore_cursor()
        self.cursor = copy.copy(self.cursor)
        self.savepoints[:] = kept

    def cursor_up(self, count: int | None = None) -> None:
        top = self.margins.top if self.margins and self.cursor.y >= self.margins.top else 0
        self.cursor.y = max(self.cursor.y - (count or 1), top)

    def cursor_down(self, count: int | None = None) -> None:
        last = self.lines - 1
        if self.margins and self.cursor.y <= self.margins.bottom:
            last = self.margins.bottom
        self.cursor.y = min(self.cursor.y + (count or 1), last)

    def cursor_to_line(self, line: int | None = None) -> None:
        self.cursor_position(line, self.cursor.x + 1)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        first = self.cursor.x if how == 0 else 0
        last = self.cursor.x if how == 1 else self.columns
        if how in (0, 1, 2):
            line = self.buffer[self.cursor.y]
            for x in [x for x in line if first <= x <= last]:
                del line[x]

    def erase_in_display(self, how: int = 0, *args: int, **kwargs: bool) -> None:
        first = self.cursor.y + 1 if how == 0 else 0
        last = self.cursor.y if how == 1 else self.lines
        if how in (0, 1, 2):
            for y in range(first, last):
                self.buffer.pop(y, None)
            if how < 2:
                self.erase_in_line(how)

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

    def next_line(self) -> None:
        self.carriage_return()
        self.index()

    def limit_scrolling(self, top: int = 0, bottom: int = 0) -> None:
        self.set_margins(top or 1, bottom or self.lines)

    def scroll_up(self, count: int) -> None:
        self._scroll(count or 1, self.index, at_bottom=True)

    def scroll_down(self, count: int) -> None:
        self._scroll(count or 1, self.reverse_index, at_bottom=False)

    def tab_forward(self, count: int) -> None:
        for _ in range(min(count or 1, self.columns)):
            self.tab()

    def tab_back(self, count: int) -> None:
        for _ in range(min(count or 1, self.columns)):
            self.cursor.x = max((x for x in self.tabstops if x < self.cursor.x), default=0)

    def show_second(self) -> None:
        if self._main is None:
            self._main = dict(self.buffer)
        self.buffer.clear()

    def show_main(self) -> None:
        if self._main is not None:
            self.buffer.clear()
            self.buffer.update(self._main)
            self._main = None

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Of lines that have no more room those above the cursor's go last."""
        lines, columns = lines or self.lines, columns or self.columns
        scrolled = max(0, self.cursor.y - lines + 1)
        for y in range(self.lines):
            line = self.buffer.pop(y, None)
            if line is not None and 0 <= y - scrolled < lines:
                self.buffer[y - scrolled] = line
                for x in [x for x in line if x >= columns]:
                    del line[x]
        self.lines, self.columns, self.margins = lines, columns, None
        self.tabstops = set(range(8, columns, 8))
        self.cursor.y -= scrolled
        self.ensure_hbounds()
        self.ensure_vbounds()

    def _scroll(self, count: int, step: Callable[[], None], *, at_bottom: bool) -> None:
        top, bottom = self.margins or (0, self.lines - 1)
        held, self.cursor.y = self.cursor.y, bottom if at_bottom else top
        for _ in range(min(count, self.lines)):
            step()
        self.cursor.y = held

    def _draw_narrow(self, data: str) -> None:
        while data:
            self._wrap_if_due()
            start, end = self.cursor.x, min(self.cursor.x + len(data), self.columns)
            piece, data = data[: end - start], data[end - start :]
            line = self._room(start, end)
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
        self._wrap_if_due()
        start = min(self.cursor.x, self.columns - 2)
        line = self._room(start, start + 2)
        line[start], line[start + 1] = _cell(char), _cell("")
        self.cursor.x = start + 2

    def _add_mark(self, char: str) -> None:
        line, x = self.buffer[self.cursor.y], self.cursor.x - 1
        x -= line[x].data == ""
        if x >= 0 and len(line[x].data) <= _MOST_MARKS:
            line[x] = _cell(line[x].data + char)

    def _wrap_if_due(self) -> None:
        if self.cursor.x < self.columns:
            return
        if modes.DECAWM in self.mode:
            self.carriage_return()
            self.index()
        else:
            self.cursor.x = self.columns - 1

    def _room(self, start: int, end: int) -> dict[int, Char]:
        """The line of the cursor; of a wide character no half is left beside the room."""
        if modes.IRM in self.mode:
            self.insert_characters(end - start)
        line = self.buffer[self.cursor.y]
        if start and line[start].data == "":
            line[start - 1] = self.default_char
        if line[end].data == "":
            line[end] = self.default_char
        return line

    def _row(self, y: int) -> str:
        line = self.buffer.get(y)
        if not line:
            return ""
        shown: list[str] = []
        for x in range(min(self.columns, max(line) + 1)):
            data = line[x].data
            if data == "":
                shown.append("" if x and _is_wide(line[x - 1]) else " ")
            else:
                is_halved = _is_wide(line[x]) and line[x + 1].data != ""
                shown.append(" " if is_halved else data)
        return "".join(shown).rstrip(" ")


def _is_wide(cell: Char) -> bool:
    return wcwidth(cell.data[:1]) == 2
