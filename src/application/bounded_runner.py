"""Ends a run whose workspace has become larger than it may be."""

import asyncio

from domain.task import Task
from ports.runner import Failed, Outcome, RunContext, Runner
from ports.workspaces import Workspaces

_EVERY_S = 1.0
_PART = 20  # of the time; a large folder takes long to measure


class BoundedRunner:
    def __init__(self, runner: Runner, *, workspaces: Workspaces) -> None:
        self._runner = runner
        self._workspaces = workspaces

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

    async def _watch(self, folder: str, until: asyncio.Timeout, excess: list[str]) -> None:
        loop = asyncio.get_running_loop()
        pause_s = _EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            began = loop.time()
            if (found := await self._workspaces.excess(folder)) is not None:
                excess.append(found)
                until.reschedule(began)
                return
            pause_s = max(_EVERY_S, (loop.time() - began) * _PART)
