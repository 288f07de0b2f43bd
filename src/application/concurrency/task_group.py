"""Tasks that are owned by a block: they end with it, and it fails with them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A TaskGroup whose first failure is raised as it is, so that callers can name it."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        failure = _first(failures)
        raise failure from failure.__cause__


@asynccontextmanager
async def background(*chores: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs the chores beside the block and cancels them when it is left."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(chore) for chore in chores]
        try:
            yield
        finally:
            for chore in running:
                chore.cancel()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    failure = failures.exceptions[0]
    return _first(failure) if isinstance(failure, BaseExceptionGroup) else failure
