"""The screen of one terminal, which is drawn only when somebody looks at it."""

import asyncio
import re

from domain.errors import StateConflict
from domain.terminal_text import ONE_CELL, TWO_CELLS, unfinished_escape
from ports.terminal_screen import ScreenView, TerminalScreen, TerminalScreens, TypingModes

_LONGEST_UPDATE_S = 1.0  # without output; then the unfinished screen is shown
_SLICE_CHARS = 2048  # some milliseconds, after which others have their turn
MOST_CHARS = 256 * 1024
_COLOUR = r"\x1b\[[0-9;:]*+m"
_IGNORED = r"\x00-\x06\x10-\x17\x19\x1c-\x1f\x7f"  # controls that do nothing on a screen
_UNSHOWN = re.compile(rf"[\x1b{_IGNORED}](?:(?<=\x1b)\[[0-9;:]*+m|(?<!\x1b)[{_IGNORED}]*+)")
_LINES = re.compile(rf"(?:[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]++|[{_IGNORED}]++|{_COLOUR})*+")
_OVERWRITTEN = re.compile(rf"(?:\r[{ONE_CELL}]*+){{4,}}+")
_RUN = re.compile(f"[{ONE_CELL}]++|(?P<wide>[{TWO_CELLS}]++)")


class LiveScreen:
    def __init__(self, screens: TerminalScreens, *, rows: int, columns: int) -> None:
        self.revision = 0
        """Grows with everything that may change the screen."""
        self.has_ended = False
        self._screens = screens
        self._rows, self._columns = rows, columns
        self._unseen = UnseenOutput(rows=rows, columns=columns)
        self._screen: TerminalScreen | None = None
        self._last_view: ScreenView | None = None
        self._drawing = asyncio.Lock()
        self._change = asyncio.Event()
        self._fed_at = 0.0

    @property
    def unseen_chars(self) -> int:
        return len(self._unseen)

    async def feed(self, text: str) -> None:
        """Never raises. Draws only when too much output is waiting that is not just lines of text."""
        self._unseen.add(text)
        self._fed_at = asyncio.get_running_loop().time()
        self._changed()
        if self._unseen.is_full:
            try:
                async with self._drawing:
                    await self._draw()
            except StateConflict:
                self._unseen.clear()  # nothing can draw it here

    async def view(self) -> ScreenView:
        """Raises StateConflict where nothing can draw it."""
        async with self._drawing:
            if self._last_view is not None:
                return self._last_view
            screen = await self._draw()
            view = screen.view(is_whole=not self._is_stuck)
            if self.has_ended:
                self._last_view, self._screen = view, None
            return view

    async def modes(self) -> TypingModes:
        """The input modes; those of an ordinary terminal where nothing can draw the screen."""
        try:
            async with self._drawing:
                return (await self._draw()).modes
        except StateConflict:
            return TypingModes()

    async def resize(self, *, rows: int, columns: int) -> None:
        """For what is written from now on."""
        async with self._drawing:
            if self._screen is not None or len(self._unseen):
                try:
                    (await self._draw()).resize(rows=rows, columns=columns)
                except StateConflict:
                    self._unseen.clear()
            self._rows = self._unseen.rows = rows
            self._columns = self._unseen.columns = columns
        self._changed()

    async def changed(self, *, since: int) -> None:
        """Returns when the revision is another, the output has ended, or an update takes too long."""
        while self.revision == since and not self.has_ended:
            self._change.clear()
            is_updating = self._screen is not None and self._screen.is_updating
            try:
                async with asyncio.timeout(_LONGEST_UPDATE_S if is_updating else None):
                    await self._change.wait()
            except TimeoutError:
                return

    async def end(self) -> None:
        """Nothing more is written; frees the memory that the screen takes."""
        self.has_ended = True
        self._changed()
        self._unseen.forget_scrolled()
        if self._screen is not None:
            await self.view()

    @property
    def _is_stuck(self) -> bool:
        """An update of the screen will not be finished, or not soon."""
        quiet_s = asyncio.get_running_loop().time() - self._fed_at
        return self.has_ended or quiet_s >= _LONGEST_UPDATE_S

    def _changed(self) -> None:
        self.revision += 1
        self._change.set()

    async def _draw(self) -> TerminalScreen:
        if self._screen is None:
            self._screen = self._screens.new(rows=self._rows, columns=self._columns)
        self._unseen.forget_scrolled()
        left = len(self._unseen)  # not what comes meanwhile, as that may never end
        while left > 0 and (text := self._unseen.take(_SLICE_CHARS)):
            self._screen.feed(text)
            left -= len(text)
            await asyncio.sleep(0)
        return self._screen


class UnseenOutput:
    """Terminal output that was not drawn yet, so that a screen that nobody looks at costs nothing.

    Of lines of text, coloured or not, it keeps as much as may still be on the screen. Everything
    else it keeps whole: above its bound it `is_full`, and has to be drawn.
    """

    def __init__(self, *, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self._pieces: list[str] = []
        self._chars = 0

    def __len__(self) -> int:
        return self._chars

    @property
    def is_full(self) -> bool:
        return self._chars > MOST_CHARS

    def add(self, text: str) -> None:
        self._pieces.append(text)
        self._chars += len(text)
        if self.is_full:
            self.forget_scrolled()

    def take(self, most: int) -> str:
        """The oldest of it; empty when nothing is left but an unfinished escape sequence."""
        text = self._joined()
        taken = text[:most].removesuffix(unfinished_escape(text[:most]))
        self._keep(text[len(taken) :])
        return taken

    def clear(self) -> None:
        self._keep("")

    def forget_scrolled(self) -> None:
        """Drop what later text has scrolled off the screen, if there is nothing but lines."""
        text = self._joined()
        half = unfinished_escape(text)
        if not _LINES.fullmatch(text, 0, len(text) - len(half)):
            return
        if (start := self._last_lines(text)) is None or len(text) - start > MOST_CHARS // 2:
            text = _UNSHOWN.sub("", text.removesuffix(half))
            text = _RUN.sub(self._shortened, _OVERWRITTEN.sub(self._seen, text)) + half
        else:
            text = text[start:]
        if len(text) <= MOST_CHARS // 2:  # or it would soon be looked through again
            self._keep(text)

    def _last_lines(self, text: str) -> int | None:
        """The index of the last lines: twice as many as there are rows, as the first may find the
        cursor anywhere on the screen. None if there are fewer.
        """
        start = len(text)
        for _ in range(2 * self.rows + 1):
            start = text.rfind("\n", 0, start)
            if start < 0:
                return None
        return start + 1

    def _seen(self, found: re.Match[str]) -> str:
        """Of a line that overwrites itself, as a progress bar does, what stays visible: its last
        text, and each that reaches further than all later ones. A row full of the last texts stays
        too, for a screen that inserts.
        """
        pieces = found[0].split("\r")[1:]
        if max(map(len, pieces)) > self.columns:
            return found[0]
        kept: list[str] = []
        longest, room = -1, self.columns
        for piece in reversed(pieces):
            if len(piece) > longest or (piece and room > 0):
                kept.append(piece)
                longest, room = max(longest, len(piece)), room - len(piece)
        return "".join(f"\r{piece}" for piece in reversed(kept))

    def _shortened(self, run: re.Match[str]) -> str:
        """Without whole rows of its middle, so that the rest keeps its columns.

        The rows before them bring the cursor to the last row, from wherever it was; the rows after
        them fill the screen.
        """
        text, in_a_row = run[0], self.columns
        if run["wide"]:
            in_a_row = max(1, self.columns // 2)
        kept = (self.rows + 1) * in_a_row
        if (spare := len(text) - 2 * kept) < in_a_row:
            return text
        return text[:kept] + text[kept + spare // in_a_row * in_a_row :]

    def _joined(self) -> str:
        return "".join(self._pieces)

    def _keep(self, text: str) -> None:
        self._pieces = [text] if text else []
        self._chars = len(text)
