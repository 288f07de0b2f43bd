"""Does a chore again and again: a round that fails is logged, and the next one is tried."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from domain.errors import Unavailable

log = logging.getLogger(__name__)

Chore = Callable[[], Awaitable[None]]

_AFTER_A_BUG_S = 1.0  # so that a chore whose next round is due at once does not fill the log


async def repeat(
    every: Chore,
    do: Chore,
    *,
    name: str,
    at_once: bool = True,
    until: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """`do`, and again whenever `every` returns: it waits for the time or the event of a round.

    With `at_once` off the first round waits as well. Ends when cancelled, or when `until` is
    true before a round.
    """
    if not at_once:
        await every()
    while not until():
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
