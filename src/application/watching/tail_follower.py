"""Keeps the tails up to date with what other processes write."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from application.watching.tails import Tails
from domain.errors import Unavailable
from domain.ids import SessionKey
from ports.wakeups import Hint, Wakeups

log = logging.getLogger(__name__)

POLL_S = 1.0


class TailFollower:
    """Looks at a session when there is a hint, and at all that are watched once a second."""

    def __init__(self, *, tails: Tails, wakeups: Wakeups) -> None:
        self._tails = tails
        self._wakeups = wakeups
        self._hinted: set[SessionKey] = set()
        self._looked_at = 0.0
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow())
            with self._wakeups.listen(self._hint, others_only=True):
                try:
                    yield
                finally:
                    following.cancel()

    def _hint(self, hint: Hint) -> None:
        if hint is not None:
            self._hinted.add(hint)
            self._woken.set()

    async def _follow(self) -> None:
        while True:
            try:
                await self._look()
            except Unavailable as error:
                log.warning("cannot follow the log: %s", error)
            except Exception:  # boundary: one failed look must not end the following
                log.exception("following the log failed")
                await asyncio.sleep(POLL_S)

    async def _look(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._woken.wait()
        self._woken.clear()
        hinted, self._hinted = self._hinted, set()
        for session_key in hinted:
            await self._tails.look(session_key)
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= POLL_S:
            self._looked_at = now
            await self._tails.look()
