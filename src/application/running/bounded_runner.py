"""Ends a run whose workspace has grown over its limit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from domain.task import Task
from ports.runner import Failed, Outcome, RunContext, Runner
from ports.workspaces import Workspaces

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_PART = 20  # measuring takes at most a twentieth of the time
_PER_RUN_S = 0.01  # many runs fill a disk no faster together than one does alone


class BoundedRunner:
    def __init__(
        self,
        runner: Runner,
        *,
        workspaces: Workspaces,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._runner = runner
        self._workspaces = workspaces
        self._pause = pause
        self._running = 0

    async def run(self, task: Task, context: RunContext) -> Outcome:
        watching: asyncio.Task[None] | None = None
        excess: list[str] = []
        self._running += 1
        try:
            async with asyncio.timeout(None) as until:
                watching = asyncio.create_task(self._watch(context.workspace, until, excess))
                return await self._runner.run(task, context)
        except TimeoutError:
            if not excess:
                raise
            return Failed(error=excess[0], reason="resource_limit")
        finally:
            self._running -= 1
            if watching is not None:
                watching.cancel()
                await asyncio.wait((watching,))

    async def _watch(self, folder: str, until: asyncio.Timeout, excess: list[str]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            if (found := await self._measured(folder)) is not None:
                excess.append(found)
                until.reschedule(began)
                return
            took_s = loop.time() - began
            await self._pause(max(_EVERY_S, took_s * _PART, self._running * _PER_RUN_S))

    async def _measured(self, folder: str) -> str | None:
        try:
            return await self._workspaces.excess(folder)
        except Exception:  # boundary: one failed measurement must not end the bound
            log.exception("workspace %s could not be measured", folder)
            return None
