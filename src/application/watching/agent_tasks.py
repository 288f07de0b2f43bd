"""The tasks of some agents, as the stream of these agents asks for them."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from application.cursors.composite_cursor import NO_TASKS, Horizon, horizon_at
from domain.ids import AgentName
from domain.principal import Principal
from domain.task import FINAL, Task, TaskStatus
from ports.task_feed import TaskFeed
from ports.task_store import TaskQuery, TaskStore

_PAGE_TASKS = 200
_UNFINISHED = frozenset(TaskStatus) - FINAL


class AgentTasks:
    def __init__(
        self,
        tasks: TaskStore,
        feed: TaskFeed,
        *,
        principal: Principal,
        agents: Collection[AgentName],
    ) -> None:
        self._tasks = tasks
        self._feed = feed
        self._principal = principal
        self._agents = agents

    async def horizon(self) -> Horizon:
        """Every task up to it that will ever exist can be read by now."""
        settled = await self._feed.newest_settled(self._principal)
        return horizon_at(settled.number, settled.task_id) if settled else NO_TASKS

    async def is_of_this_store(self, horizon: Horizon) -> bool:
        """Whether it is of this store's history, as far as the tasks that are left show it."""
        if horizon == NO_TASKS:
            return True
        task_id = await self._feed.id_at(horizon.number)
        if task_id is None:  # the task was deleted with its session, or never existed
            return horizon.number <= await self._feed.last_number()
        return horizon_at(horizon.number, task_id) == horizon

    async def made_after(self, horizon: Horizon) -> Sequence[Task]:
        """The oldest first."""
        query = TaskQuery(after=horizon.number)
        found = [task async for page in self._pages(query) for task in page]
        return sorted(found, key=lambda task: task.number)

    async def unfinished(self) -> Sequence[Task]:
        query = TaskQuery(statuses=_UNFINISHED)
        return [task async for page in self._pages(query) for task in page]

    def all(self) -> AsyncIterator[Sequence[Task]]:
        """In pages, since there may be more than fit into memory."""
        return self._pages(TaskQuery())

    async def _pages(self, query: TaskQuery) -> AsyncIterator[Sequence[Task]]:
        for agent in self._agents:
            asked = replace(query, agent=agent, limit=_PAGE_TASKS)
            while page := await self._tasks.list(self._principal, asked):
                yield page
                asked = replace(asked, before=page[-1].task_id)
