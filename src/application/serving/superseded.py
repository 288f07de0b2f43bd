"""Finds what a new task is to take the place of in its session."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from domain.task import LIVE, Task, TaskStatus
from ports.task_store import TaskQuery, TaskStore

_QUEUED = frozenset({TaskStatus.QUEUED})


async def superseded_by(task: Task, tasks: TaskStore) -> Sequence[Task]:
    """What the session is busy with: what runs, or else what is about to."""
    live = await _earlier(task, LIVE, tasks)
    return live or (await _earlier(task, _QUEUED, tasks))[-1:]


async def _earlier(
    task: Task, statuses: Collection[TaskStatus], tasks: TaskStore
) -> Sequence[Task]:
    """Newest first, however many they are."""
    found: list[Task] = []
    query = TaskQuery(session_id=task.session_id, statuses=statuses, before=task.task_id)
    while page := await tasks.list(task.principal, query):
        found += page
        query = replace(query, before=page[-1].task_id)
    return found
