"""Keeps a server's tools open in a task of its own, so that its faults reach nobody else's."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from domain.errors import StartFailed
from ports.tool import Tool

log = logging.getLogger(__name__)

Opened = AbstractAsyncContextManager[Sequence[Tool]]


class KeptServer:
    """Whoever makes it must leave it."""

    def __init__(self, name: str, opened: Opened, *, start_s: float) -> None:
        self._name = name
        self._start_s = start_s
        self._ready: asyncio.Future[Sequence[Tool]] = asyncio.get_running_loop().create_future()
        self._is_left = asyncio.Event()
        self._task = asyncio.create_task(self._keep(opened))

    @property
    def is_lost(self) -> bool:
        """Whether nothing of it is left, for whatever reason."""
        return self._task.done()

    async def tools(self) -> Sequence[Tool]:
        """Raises StartFailed."""
        return await asyncio.shield(self._ready)

    async def leave(self, *, grace_s: float) -> None:
        """Returns when nothing of it is left."""
        self._is_left.set()
        try:
            if self._ready.done():
                await asyncio.wait([self._task], timeout=grace_s)
        finally:
            self._task.cancel()
        await asyncio.wait([self._task])

    async def _keep(self, opened: Opened) -> None:
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._start_s):
                    tools = await stack.enter_async_context(opened)
                self._ready.set_result(tools)
                await self._is_left.wait()
        except Exception as error:  # noqa: BLE001 - boundary: no fault of a server ends the task
            self._fail(error)
        finally:
            self._ready.cancel()

    def _fail(self, error: Exception) -> None:
        if self._ready.done():
            log.warning("the MCP server %s was lost: %s", self._name, _reason(error))
            return
        reason = _reason(error) or f"it was not there within {self._start_s:g} s"
        failed = StartFailed(f"the MCP server {self._name!r} cannot be used: {reason}")
        failed.__cause__ = error
        self._ready.set_exception(failed)
        self._ready.exception()  # seen: whoever waits for another server may never ask


def _reason(error: BaseException) -> str:
    """What the first of those that failed together says."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return ""
    return str(error) or type(error).__name__
