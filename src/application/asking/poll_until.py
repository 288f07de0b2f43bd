"""Waits for something in the store that whoever writes it hints at."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from domain.ids import SessionKey
from ports.wakeups import Hint, Wakeups

T = TypeVar("T")

POLL_S = 1.0


async def poll_until(
    look: Callable[[], Awaitable[T | None]], *, session_key: SessionKey, wakeups: Wakeups
) -> T:
    """Looks at each hint of the session, and once a second, until there is something."""
    woken = asyncio.Event()

    def look_again(hint: Hint) -> None:
        if hint == session_key:
            woken.set()

    with wakeups.listen(look_again):
        while True:
            woken.clear()
            if (found := await look()) is not None:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await woken.wait()
