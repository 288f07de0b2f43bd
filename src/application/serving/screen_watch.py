"""Follows a screen for one watcher, in steps that a person can see."""

import asyncio

from application.programs.live_screen import LiveScreen
from ports.terminal_screen import ScreenView

_BETWEEN_S = 0.1


class ScreenWatch:
    """Each view is whole, so that whoever is slow misses only what was gone anyway."""

    def __init__(self, screen: LiveScreen) -> None:
        self._screen = screen
        self._seen = -1
        self._shown: ScreenView | None = None
        self._has_seen_end = False

    @property
    def has_ended(self) -> bool:
        """Nothing will come any more: the last view was given out."""
        return self._has_seen_end

    async def next(self, *, timeout_s: float) -> ScreenView | None:
        """The next view that differs; None when none has come in time, or at the end."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._has_seen_end:
                    if view := await self._look():
                        return view
        except TimeoutError:
            return None
        return None

    async def _look(self) -> ScreenView | None:
        if self._shown is not None:
            await self._screen.changed(since=self._seen)
            if not self._screen.has_ended:
                await asyncio.sleep(_BETWEEN_S)  # for what follows at once
        seen, is_last = self._screen.revision, self._screen.has_ended
        view = await self._screen.view()
        is_new, self._shown = view != self._shown, view
        self._seen, self._has_seen_end = seen, is_last
        return view if is_new else None
