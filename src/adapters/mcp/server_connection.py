"""Runs the session with one server in its own asyncio task, which isolates its failures."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from domain.errors import StartFailed, ToolError
from ports.tool import Tool

log = logging.getLogger(__name__)

Opened = AbstractAsyncContextManager[Sequence[Tool]]


class ServerLost(ToolError):
    """The connection was lost with the call; no further call can be made over it."""


class ServerConnection:
    """Starts at once; the owner must call `close`."""

    def __init__(self, name: str, opened: Opened, *, start_s: float) -> None:
        self._name = name
        self._start_s = start_s
        self._ready: asyncio.Future[Sequence[Tool]] = asyncio.get_running_loop().create_future()
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._run(opened))

    @property
    def is_lost(self) -> bool:
        """Whether the session has ended, for whatever reason."""
        return self._task.done()

    async def tools(self) -> Sequence[Tool]:
        """Raises StartFailed."""
        return await asyncio.shield(self._ready)

    async def close(self, *, grace_s: float) -> None:
        """Returns when the session has ended."""
        self._closing.set()
        try:
            if self._ready.done():
                await asyncio.wait([self._task], timeout=grace_s)
        finally:
            self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self, opened: Opened) -> None:
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._start_s):
                    tools = await stack.enter_async_context(opened)
                self._ready.set_result(tools)
                await self._closing.wait()
        except Exception as error:  # noqa: BLE001 - boundary: a failing server must not end the task
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
        self._ready.exception()  # mark as retrieved: nobody may be waiting for it


def _reason(error: BaseException) -> str:
    """The message of the first error in a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return ""
    return str(error) or type(error).__name__
