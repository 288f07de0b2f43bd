"""A pyte screen with the alternate screen, scrolling and resizing of today's terminals."""

import copy
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyte import charsets
from pyte.screens import Char, StaticDefaultDict

from adapters.terminal.drawn_screen import DrawnScreen, as_line
from adapters.terminal.reflow import Layout, Line, is_wide
from ports.terminal_screen import ScreenView

_MOST_SCROLLED = 100  # rows that return when the screen grows


class CastScreen(DrawnScreen):
    """Adds the alternate screen, synchronized updates and reflow on resize."""

    def __init__(self, columns: int, lines: int) -> None:
        self._main: dict[int, StaticDefaultDict[int, Char]] | None = None
        self._main_cursor = (0, 0)
        self._scrolled: deque[Line] = deque(maxlen=_MOST_SCROLLED)
        """Rows that have scrolled off the top of the main screen."""
        self._before_update: ScreenSnapshot | None = None
        super().__init__(columns, lines)

    @property
    def is_updating(self) -> bool:
        return self._before_update is not None

    def view(self, *, is_whole: bool) -> ScreenView:
        """`is_whole`: as it was before an update in progress."""
        shown = (
            self._before_update
            if self._before_update and is_whole
            else self._snapshot(self.buffer)
        )
        return ScreenView(
            lines=tuple(_text(shown.rows.get(y), self.columns) for y in range(self.lines)),
            cursor_row=shown.y,
            cursor_column=min(shown.x, self.columns - 1),
            columns=self.columns,
            title=shown.title,
        )

    def begin_update(self) -> None:
        if self._before_update is None:
            rows = {y: copy.copy(line) for y, line in self.buffer.items()}
            self._before_update = self._snapshot(rows)

    def end_update(self) -> None:
        self._before_update = None

    def reset(self) -> None:
        super().reset()
        self._before_update = None
        self._scrolled.clear()
        self.g1_charset = charsets.LAT1_MAP
        self.savepoints.clear()
        self._main = None
        self.last_drawn = ""

    def linefeed(self) -> None:
        """Adds a carriage return, as ONLCR is off; full-screen programs mean it without one."""
        self.cursor.x = min(self.cursor.x, self.columns - 1)
        super().linefeed()
        if (line := self.buffer.get(self.cursor.y)) is not None:
            as_line(line).is_wrapped = False
        if self._main is None:
            self.carriage_return()

    def index(self) -> None:
        top, bottom = self.margins or (0, self.lines - 1)
        if self.cursor.y == bottom and top == 0 and self._main is None:
            self._scrolled.append(as_line(self.buffer[0]))
        super().index()

    def tab(self) -> None:
        super().tab()
        self.ensure_hbounds()

    def save_cursor(self) -> None:
        """Only one position is saved, as in any terminal."""
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

    def erase_in_display(self, how: int = 0, *args: int, **kwargs: bool) -> None:
        if how == 3:
            self._scrolled.clear()
        super().erase_in_display(how, *args, **kwargs)

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

    def show_alternate(self) -> None:
        if self._main is None:
            self._main = dict(self.buffer)
            self._main_cursor = (self.cursor.x, self.cursor.y)
        self.buffer.clear()

    def show_main(self) -> None:
        if self._main is not None:
            self.buffer.clear()
            self.buffer.update(self._main)
            self._main = None

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Reflows the main screen; scrolled rows return if there is room."""
        lines, columns = lines or self.lines, columns or self.columns
        if (lines, columns) == (self.lines, self.columns):
            return
        cursor, self.margins, self._before_update = self.cursor, None, None
        is_alternate = self._main is not None
        cursor.x, cursor.y = self._laid_out(
            self.buffer, cursor.x, cursor.y, lines, columns, is_alternate=is_alternate
        )
        if self._main is not None:
            self._main_cursor = self._laid_out(self._main, *self._main_cursor, lines, columns)
            for kept in self.savepoints:
                kept.cursor.x, kept.cursor.y = self._main_cursor
        self.lines, self.columns = lines, columns
        self.tabstops = set(range(8, columns, 8))
        self.ensure_hbounds()
        self.ensure_vbounds()

    def _laid_out(
        self,
        buffer: dict[int, StaticDefaultDict[int, Char]],
        x: int,
        y: int,
        lines: int,
        columns: int,
        *,
        is_alternate: bool = False,
    ) -> tuple[int, int]:
        """Lay out the rows for that size; returns the new cursor position."""
        above = [] if is_alternate else list(self._scrolled)
        shown = [as_line(buffer.get(row, self._blank())) for row in range(self.lines)]
        layout = Layout(
            rows=[*above, *shown],
            first=len(above),
            x=x,
            y=y,
            columns=self.columns,
            lines=self.lines,
            reflows=not is_alternate,
            new_line=self._blank,
        )
        layout.resize(columns=columns, lines=lines)
        buffer.clear()
        buffer.update(enumerate(layout.rows[layout.first : layout.first + lines]))
        if not is_alternate:
            self._scrolled.clear()
            self._scrolled.extend(layout.rows[: layout.first])
        return layout.x, layout.y

    def _snapshot(self, rows: Mapping[int, StaticDefaultDict[int, Char]]) -> "ScreenSnapshot":
        return ScreenSnapshot(rows=rows, x=self.cursor.x, y=self.cursor.y, title=self.title)

    def _scroll(self, count: int, step: Callable[[], None], *, at_bottom: bool) -> None:
        top, bottom = self.margins or (0, self.lines - 1)
        saved_y, self.cursor.y = self.cursor.y, bottom if at_bottom else top
        for _ in range(min(count, self.lines)):
            step()
        self.cursor.y = saved_y


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSnapshot:
    rows: Mapping[int, StaticDefaultDict[int, Char]]
    x: int
    y: int
    title: str


def _text(line: StaticDefaultDict[int, Char] | None, columns: int) -> str:
    if not line:
        return ""
    shown: list[str] = []
    for x in range(min(columns, max(line) + 1)):
        data = line[x].data
        if data == "":
            shown.append("" if x and is_wide(line[x - 1]) else " ")
        else:
            is_halved = is_wide(line[x]) and line[x + 1].data != ""
            shown.append(" " if is_halved else data)
    return "".join(shown).rstrip(" ")
