"""The screen of one terminal, which is only drawn when somebody looks."""

import asyncio

from application.programs.unseen_output import UnseenOutput
from domain.errors import StateConflict
from ports.terminal_screen import ScreenView, TerminalScreen, TerminalScreens, TypingModes

_LONGEST_UPDATE_S = 1.0  # without a word; what is drawn so far is shown then
_SLICE_CHARS = 2048  # some milliseconds, after which others have their turn


class LiveScreen:
    def __init__(self, screens: TerminalScreens, *, rows: int, columns: int) -> None:
        self.revision = 0
        """Grows with everything that may change what there is to see."""
        self.has_ended = False
        self._screens = screens
        self._rows, self._columns = rows, columns
        self._unseen = UnseenOutput(rows=rows, columns=columns)
        self._screen: TerminalScreen | None = None
        self._last_view: ScreenView | None = None
        self._drawing = asyncio.Lock()
        self._news = asyncio.Event()
        self._fed_at = 0.0

    @property
    def unseen_chars(self) -> int:
        return len(self._unseen)

    async def feed(self, text: str) -> None:
        """Never raises. It takes time only once a lot was written that is more than text and lines."""
        self._unseen.add(text)
        self._fed_at = asyncio.get_running_loop().time()
        self._tell()
        if self._unseen.is_full:
            try:
                async with self._drawing:
                    await self._draw()
            except StateConflict:
                self._unseen.clear()  # there is no way to look at it here

    async def view(self) -> ScreenView:
        """Raises StateConflict where there is nothing to draw it with."""
        async with self._drawing:
            if self._last_view is not None:
                return self._last_view
            screen = await self._draw()
            view = screen.view(is_whole=not self._is_stuck)
            if self.has_ended:
                self._last_view, self._screen = view, None
            return view

    async def modes(self) -> TypingModes:
        """Those of an ordinary terminal where there is nothing to draw it with."""
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
        self._tell()

    async def changed(self, *, since: int) -> None:
        """Until there is more than at that revision, or nothing more will come."""
        while self.revision == since and not self.has_ended:
            self._news.clear()
            is_updating = self._screen is not None and self._screen.is_updating
            try:
                async with asyncio.timeout(_LONGEST_UPDATE_S if is_updating else None):
                    await self._news.wait()
            except TimeoutError:
                return

    async def end(self) -> None:
        """Nothing more is written; what takes room is let go of."""
        self.has_ended = True
        self._tell()
        self._unseen.forget_scrolled()
        if self._screen is not None:
            await self.view()

    @property
    def _is_stuck(self) -> bool:
        """An update under way will not be finished, or not soon."""
        quiet_s = asyncio.get_running_loop().time() - self._fed_at
        return self.has_ended or quiet_s >= _LONGEST_UPDATE_S

    def _tell(self) -> None:
        self.revision += 1
        self._news.set()

    async def _draw(self) -> TerminalScreen:
        if self._screen is None:
            self._screen = self._screens.new(rows=self._rows, columns=self._columns)
        self._unseen.forget_scrolled()
        left = len(self._unseen)  # without what comes meanwhile, as that may never end
        while left > 0 and (text := self._unseen.take(_SLICE_CHARS)):
            self._screen.feed(text)
            left -= len(text)
            await asyncio.sleep(0)
        return self._screen
