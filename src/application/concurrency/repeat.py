"""Repeats a chore whose rounds may fail, and a look at the store until it finds something."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

from domain.errors import Unavailable
from domain.ids import SessionKey
from ports.wakeups import Hint, Wakeups

log = logging.getLogger(__name__)

Chore = Callable[[], Awaitable[None]]

_AFTER_A_BUG_S = 1.0  # so that a chore whose next round is due at once does not fill the log

T = TypeVar("T")

POLL_S = 1.0


async def repeat(
    every: Chore,
    do: Chore,
    *,
    name: str,
    at_once: bool = True,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> NoReturn:
    """`do`, and again whenever `every` returns: it waits for the time or the event of a round.

    With `at_once` off the first round waits as well. Ends only when it is cancelled.
    """
    if not at_once:
        await every()
    while True:
        if not await survive(do, name=name):
            await sleep(_AFTER_A_BUG_S)
        await every()


async def survive(do: Chore, *, name: str) -> bool:
    """One round. A store out of reach is a warning; any other error is logged with its trace, and
    False is returned.
    """
    try:
        await do()
    except Unavailable as error:
        log.warning("%s: %s", name, error)
    except Exception:  # boundary: one failed round must not end the chore
        log.exception("%s: a round failed", name)
        return False
    return True


async def poll_until(
    look: Callable[[], Awaitable[T | None]], *, session_key: SessionKey, wakeups: Wakeups
) -> T:
    """Calls `look` at once, at each hint of the session and once a second until it finds something."""
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
