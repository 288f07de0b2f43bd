"""Reflows the lines of a terminal when its width changes, as xterm.js does.

Programs continue from the screen after a resize, so rows must be where terminals put them:
https://github.com/xtermjs/xterm.js, its buffers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pyte.screens import Char, StaticDefaultDict, wcwidth

_BLANK = Char(" ")


class Line(StaticDefaultDict[int, Char]):
    """The written cells of one row, by column."""

    def __init__(self, default: Char = _BLANK) -> None:
        super().__init__(default)
        self.is_wrapped = False
        """Whether it continues the row above."""

    @property
    def length(self) -> int:
        return max(self, default=-1) + 1

    def __copy__(self) -> "Line":
        line = Line(self.default)
        line.update(self)
        line.is_wrapped = self.is_wrapped
        return line


@dataclass(slots=True)
class Layout:
    """Rows: first those that have scrolled off the top, then those on the screen."""

    rows: list[Line]
    first: int
    """Index of the first row on the screen."""
    x: int
    y: int
    """Cursor position on the screen, with `x`."""
    columns: int
    lines: int
    reflows: bool = True
    """False for the alternate screen, which its program redraws."""
    new_line: Callable[[], Line] = field(default=Line)

    def resize(self, *, columns: int, lines: int) -> None:
        if lines > self.lines:
            self._add_rows(lines)
        else:
            self._take_rows(lines)
        self.lines = lines
        self.x = min(self.x, columns - 1)
        self.y = min(self.y, lines - 1)
        if self.reflows and columns > self.columns:
            self._widen(columns)
        elif self.reflows and columns < self.columns:
            self._narrow(columns)
        for row in self.rows:
            for x in [x for x in row if x >= columns]:
                del row[x]
        self.columns = columns
        missing = self.first + lines - len(self.rows)
        self.rows += [self.new_line() for _ in range(missing)]

    def _add_rows(self, lines: int) -> None:
        """Scrolled rows return, unless there are rows below the cursor."""
        for count in range(self.lines + 1, lines + 1):
            if self.first and len(self.rows) <= self.first + self.y + 1:
                self.first -= 1
                self.y += 1
            elif len(self.rows) < self.first + count:
                self.rows.append(self.new_line())

    def _take_rows(self, lines: int) -> None:
        """Rows below the cursor are removed first, then the top rows scroll off."""
        for _ in range(self.lines - lines):
            if len(self.rows) > self.first + self.y + 1:
                self.rows.pop()
            else:
                self.first += 1

    def _groups(self) -> Iterator[tuple[int, list[Line]]]:
        """Rows that form one line, with the index of the first."""
        start = 0
        while start < len(self.rows):
            end = start + 1
            while end < len(self.rows) and self.rows[end].is_wrapped:
                end += 1
            yield start, self.rows[start:end]
            start = end

    def _has_cursor(self, start: int, group: Sequence[Line]) -> bool:
        """The cursor's line is not reflowed: its program redraws it."""
        return start <= self.first + self.y < start + len(group)

    def _widen(self, columns: int) -> None:
        removed: set[int] = set()
        for start, group in list(self._groups()):
            if len(group) == 1 or self._has_cursor(start, group):
                continue
            pieces = _wrapped(_cells(group, self.columns), columns)
            while len(pieces) > 1 and not pieces[-1]:
                pieces.pop()
            _fill(group, pieces)
            removed.update(range(start + len(pieces), start + len(group)))
        self.rows = [row for place, row in enumerate(self.rows) if place not in removed]
        for _ in removed:
            if self.first:
                self.first -= 1
            else:
                self.y = max(0, self.y - 1)

    def _narrow(self, columns: int) -> None:
        added: dict[int, list[Line]] = {}
        for start, group in reversed(list(self._groups())):
            is_short = len(group) == 1 and group[0].length <= columns
            if is_short or self._has_cursor(start, group):
                continue
            pieces = _wrapped(_cells(group, self.columns), columns)
            more = [self.new_line() for _ in range(len(pieces) - len(group))]
            for row in more:
                row.is_wrapped = True
            _fill([*group, *more], pieces)
            added[start + len(group)] = more
            for _ in more:
                if self.first or self.y == self.lines - 1:
                    self.first += 1
                else:
                    self.y += 1
                    self.rows.pop()
        rows: list[Line] = []
        for place, row in enumerate(self.rows, 1):
            rows += [row, *added.pop(place, ())]
        for place in sorted(added):  # of removed rows
            rows += added[place]
        self.rows = rows


def _cells(group: Sequence[Line], columns: int) -> list[Char]:
    """All cells of one line, without unwritten ones at its end."""
    cells: list[Char] = []
    for row, below in zip(group, (*group[1:], None), strict=True):
        length = row.length if below is None else columns
        if below is not None and columns - 1 not in row and is_wide(below[0]):
            length -= 1  # the wide character did not fit
        cells += [row[x] for x in range(length)]
    return cells


def _wrapped(cells: Sequence[Char], columns: int) -> list[Sequence[Char]]:
    pieces: list[Sequence[Char]] = []
    start = 0
    while start < len(cells):
        end = start + columns
        if end < len(cells) and is_wide(cells[end - 1]) and columns > 1:
            end -= 1
        pieces.append(cells[start:end])
        start = end
    return pieces or [()]


def _fill(rows: Sequence[Line], pieces: Sequence[Sequence[Char]]) -> None:
    for place, row in enumerate(rows):
        row.clear()
        if place < len(pieces):
            row.update(enumerate(pieces[place]))


def is_wide(cell: Char) -> bool:
    return wcwidth(cell.data[:1]) == 2
