"""Has a task rest, and go on, where a person wants it."""

from collections.abc import Collection
from typing import Literal

from application.casting.commit_notifier import CommitNotifier
from application.running.live_runs import LiveRuns
from domain.errors import AgentNotFound, StateConflict
from domain.ids import TaskId
from domain.principal import Principal
from domain.task import LIVE, Task, TaskStatus
from ports.agent_catalog import AgentCatalog
from ports.task_store import TaskStore

RestStep = Literal["pause", "resume"]


class Pausing:
    """The wish is stored: it reaches a run on any node, and the attempts after this one."""

    def __init__(
        self,
        *,
        tasks: TaskStore,
        runs: LiveRuns,
        catalog: AgentCatalog,
        notifier: CommitNotifier,
        kinds: Collection[str] = ("react",),
    ) -> None:
        """`kinds` are those whose runs have points where they can rest."""
        self._tasks = tasks
        self._runs = runs
        self._catalog = catalog
        self._notifier = notifier
        self._kinds = kinds

    def next_step(self, task: Task) -> RestStep | None:
        """Which of the two would be taken of the task as it is; None where neither would."""
        if task.status.is_final:
            return None
        if task.is_pause_wanted:
            return "resume"
        return "pause" if task.status in LIVE and self._has_points(task) else None

    async def pause(self, principal: Principal, task_id: TaskId) -> Task:
        """Have it rest before its next step; a task that ends before that just ends.

        Asking again before it rests does no harm. Raises TaskNotFound, StateConflict.
        """
        task = await self._tasks.get(principal, task_id)
        is_resting = task.status is TaskStatus.PAUSED and task.is_pause_wanted
        if task.status not in LIVE or is_resting:
            raise _not_running(task)
        profile = await self._catalog.find(task.agent)
        if profile.kind not in self._kinds:
            raise StateConflict(f"the task is {task.status}; agents like its own cannot be paused")
        task = await self._wish(principal, task_id, is_wanted=True)
        if task.status.is_final:
            raise _not_running(task)
        return task

    async def resume(self, principal: Principal, task_id: TaskId) -> Task:
        """Have it go on; also takes a wish back that it rest. Raises as `pause` does."""
        task = await self._tasks.get(principal, task_id)
        if task.is_pause_wanted and not task.status.is_final:
            task = await self._wish(principal, task_id, is_wanted=False)
            if not task.status.is_final:
                return task
        raise StateConflict(f"the task is {task.status}; only one that is paused can go on")

    def _has_points(self, task: Task) -> bool:
        try:
            return self._catalog.get(task.agent).kind in self._kinds
        except AgentNotFound:  # removed since it was submitted
            return False

    async def _wish(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        task = await self._tasks.wish_pause(principal, task_id, is_wanted=is_wanted)
        if task.pause and (run := self._runs.find(task_id)):
            run.pauses.take(task.pause)
        self._notifier.intent_stored()
        return task


def _not_running(task: Task) -> StateConflict:
    return StateConflict(
        f"the task is {task.status}; only one that is running or waiting can be paused"
    )
