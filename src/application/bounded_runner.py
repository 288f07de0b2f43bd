"""Ends a run whose workspace has become larger than it may be."""

import asyncio
import logging

from domain.task import Task
from ports.runner import Failed, Outcome, RunContext, Runner
from ports.workspaces import Workspaces

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_PART = 20  # of the time; a large folder takes long to measure


class BoundedRunner:
    def __init__(
        self, runner: Runner, *, workspaces: Workspaces, every_s: float = _EVERY_S
    ) -> None:
        """`every_s` is the least time between two measurements."""
        self._runner = runner
        self._workspaces = workspaces
        self._every_s = every_s

    async def run(self, task: Task, context: RunContext) -> Outcome:
        watching: asyncio.Task[None] | None = None
        excess: list[str] = []
        try:
            async with asyncio.timeout(None) as until:
                watching = asyncio.create_task(self._watch(context.workspace, until, excess))
                return await self._runner.run(task, context)
        except TimeoutError:
            if not excess:
                raise
            return Failed(error=excess[0], reason="resource_limit")
        finally:
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
            await asyncio.sleep(max(self._every_s, (loop.time() - began) * _PART))

    async def _measured(self, folder: str) -> str | None:
        try:
            return await self._workspaces.excess(folder)
        except Exception:  # boundary: one failed measurement must not end the bound
            log.exception("workspace %s could not be measured", folder)
            return None
