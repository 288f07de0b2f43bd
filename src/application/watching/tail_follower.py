"""Keeps the tails up to date with what other processes write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from application.concurrency.repeat import repeat
from application.concurrency.task_group import background
from application.watching.tails import Tails
from domain.ids import SessionKey
from ports.wakeups import Hint, Wakeups

POLL_S = 1.0


class TailFollower:
    """Looks at a session after a hint, and at all watched ones once a second, as hints may be lost."""

    def __init__(self, *, tails: Tails, wakeups: Wakeups) -> None:
        self._tails = tails
        self._wakeups = wakeups
        self._hinted: set[SessionKey] = set()
        self._looked_at = 0.0
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        following = repeat(self._hint_or_poll, self._look, name="following the log", at_once=False)
        async with background(following):
            with self._wakeups.listen(self._hint, others_only=True):
                yield

    def _hint(self, hint: Hint) -> None:
        if hint is not None:
            self._hinted.add(hint)
            self._woken.set()

    async def _hint_or_poll(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()

    async def _look(self) -> None:
        self._woken.clear()
        hinted, self._hinted = self._hinted, set()
        for session_key in hinted:
            await self._tails.look(session_key)
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= POLL_S:
            self._looked_at = now
            await self._tails.look()
