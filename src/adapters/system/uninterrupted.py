"""Finishes work although its caller is cancelled."""

import asyncio
from collections.abc import Coroutine


async def uninterrupted(work: Coroutine[object, object, None]) -> None:
    """Finish the work however often the caller is cancelled, then raise the cancellation."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
