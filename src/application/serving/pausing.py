"""Pauses tasks and lets them go on, at the request of their owners."""

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

PauseStep = Literal["pause", "resume"]


class Pausing:
    """The request is stored: it reaches a run on any node, and holds for later attempts."""

    def __init__(
        self,
        *,
        tasks: TaskStore,
        runs: LiveRuns,
        catalog: AgentCatalog,
        notifier: CommitNotifier,
        kinds: Collection[str] = ("react",),
    ) -> None:
        """`kinds` are the kinds of agents whose runs can pause between two steps."""
        self._tasks = tasks
        self._runs = runs
        self._catalog = catalog
        self._notifier = notifier
        self._kinds = kinds

    def next_step(self, task: Task) -> PauseStep | None:
        """The one of the two that the task in its present state accepts; None if neither."""
        if task.status.is_final:
            return None
        if task.is_pause_wanted:
            return "resume"
        return "pause" if task.status in LIVE and self._can_pause(task) else None

    async def pause(self, principal: Principal, task_id: TaskId) -> Task:
        """Pause it before its next step; a task that ends before that just ends.

        Idempotent until it is paused. Raises TaskNotFound, StateConflict.
        """
        task = await self._tasks.get(principal, task_id)
        is_paused = task.status is TaskStatus.PAUSED and task.is_pause_wanted
        if task.status not in LIVE or is_paused:
            raise _not_running(task)
        profile = await self._catalog.find(task.agent)
        if profile.kind not in self._kinds:
            raise StateConflict(f"the task is {task.status}; agents like its own cannot be paused")
        task = await self._request(principal, task_id, is_wanted=True)
        if task.status.is_final:
            raise _not_running(task)
        return task

    async def resume(self, principal: Principal, task_id: TaskId) -> Task:
        """Let it go on, or withdraw a request to pause it. Raises as `pause` does."""
        task = await self._tasks.get(principal, task_id)
        if task.is_pause_wanted and not task.status.is_final:
            task = await self._request(principal, task_id, is_wanted=False)
            if not task.status.is_final:
                return task
        raise StateConflict(f"the task is {task.status}; only one that is paused can go on")

    def _can_pause(self, task: Task) -> bool:
        try:
            return self._catalog.get(task.agent).kind in self._kinds
        except AgentNotFound:  # removed since it was submitted
            return False

    async def _request(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        task = await self._tasks.wish_pause(principal, task_id, is_wanted=is_wanted)
        if task.pause and (run := self._runs.find(task_id)):
            run.pauses.take(task.pause)
        self._notifier.intent_stored()
        return task


def _not_running(task: Task) -> StateConflict:
    return StateConflict(
        f"the task is {task.status}; only one that is running or waiting can be paused"
    )
