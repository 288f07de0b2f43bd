"""Has a task rest, and go on, where a person wants it."""

from collections.abc import Collection

from application.live_runs import LiveRun, LiveRuns
from domain.errors import StateConflict
from domain.ids import TaskId
from domain.principal import Principal
from domain.task import LIVE, Task, TaskStatus
from ports.agent_catalog import AgentCatalog
from ports.task_store import TaskStore


class Pausing:
    """For the runs of this process: a wish is not stored, and ends with the attempt."""

    def __init__(
        self,
        *,
        tasks: TaskStore,
        runs: LiveRuns,
        catalog: AgentCatalog,
        kinds: Collection[str] = ("react",),
    ) -> None:
        """`kinds` are those whose runs have points where they can rest."""
        self._tasks = tasks
        self._runs = runs
        self._catalog = catalog
        self._kinds = kinds

    async def pause(self, principal: Principal, task_id: TaskId) -> Task:
        """Have it rest before its next step; a task that ends before that just ends.

        Asking again before it rests does no harm. Raises TaskNotFound, StateConflict.
        """
        task = await self._tasks.get(principal, task_id)
        refusal = StateConflict(
            f"the task is {task.status}; only one that is running or waiting can be paused"
        )
        if task.status not in LIVE:
            raise refusal
        profile = await self._catalog.find(task.agent)
        if profile.kind not in self._kinds:
            raise StateConflict(f"the task is {task.status}; agents like its own cannot be paused")
        run = self._run_of(task)
        if task.status is TaskStatus.PAUSED and run.pauses.is_wanted:
            raise refusal
        run.pauses.pause()
        return task

    async def resume(self, principal: Principal, task_id: TaskId) -> Task:
        """Have it go on; also takes a wish back that it rest. Raises as `pause` does."""
        task = await self._tasks.get(principal, task_id)
        refusal = StateConflict(f"the task is {task.status}; only one that is paused can go on")
        if task.status not in LIVE:
            raise refusal
        run = self._run_of(task)
        if not run.pauses.is_wanted:
            raise refusal
        run.pauses.resume(principal.name)
        return task

    def _run_of(self, task: Task) -> LiveRun:
        if run := self._runs.find(task.task_id):
            return run
        raise StateConflict(
            f"the task is {task.status}, but not on this server; ask the one that carries it out"
        )
