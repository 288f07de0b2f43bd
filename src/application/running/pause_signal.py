"""The wish that a run should rest, until somebody has it go on."""

import asyncio

from domain.task import PauseWish


class PauseSignal:
    def __init__(self) -> None:
        self._wish: PauseWish | None = None
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()

    @property
    def is_wanted(self) -> bool:
        return not self._may_go_on.is_set()

    @property
    def by(self) -> str:
        """Who had it rest or go on last."""
        return self._wish.by if self._wish else ""

    def take(self, wish: PauseWish) -> None:
        """Wishes may come twice and out of their order; the latest is what counts."""
        if not wish.replaces(self._wish):
            return
        self._wish = wish
        if wish.is_wanted:
            self._may_go_on.clear()
        else:
            self._may_go_on.set()

    async def resumed(self) -> str:
        """Wait until it may go on; who wanted that."""
        await self._may_go_on.wait()
        return self.by
