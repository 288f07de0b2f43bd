"""Wakes those who wait for new tasks of agents; the store is asked once for all of them."""

from collections.abc import Callable, Collection, Sequence

from domain.ids import AgentName
from domain.principal import Principal
from domain.task import Task
from ports.task_feed import MadeTask, TaskFeed

_Wake = Callable[[], None]

_PAGE_TASKS = 500
_Concern = tuple[str, str, AgentName]


class TaskWatchers:
    def __init__(self, feed: TaskFeed) -> None:
        self._feed = feed
        self._wakes: dict[_Concern, dict[_Wake, None]] = {}
        self._horizon: int | None = None
        """All tasks up to this number were announced; None while nobody waits."""
        self._announced: set[int] = set()
        """Those above it that were as well."""

    def add(self, wake: _Wake, principal: Principal, agents: Collection[AgentName]) -> None:
        for agent in agents:
            concern = (principal.tenant, principal.owner, agent)
            self._wakes.setdefault(concern, {})[wake] = None

    def remove(self, wake: _Wake) -> None:
        for concern, wakes in tuple(self._wakes.items()):
            wakes.pop(wake, None)
            if not wakes:
                del self._wakes[concern]

    def submitted(self, task: Task) -> None:
        """Wake those who wait for a task that was submitted in this process."""
        if self._horizon is not None and task.number > self._horizon:
            self._announced.add(task.number)
        self._wake((task.principal.tenant, task.principal.owner, task.agent))

    async def look(self) -> None:
        """Wake those who wait for tasks that other processes have submitted."""
        if not self._wakes:
            self._horizon = None
            self._announced.clear()
            return
        if self._horizon is None:
            settled = await self._feed.newest_settled(None)
            self._horizon = settled.number if settled else 0
            for concern in tuple(self._wakes):
                self._wake(concern)
        after, page = self._horizon, await self._page(self._horizon)
        while page:
            self._announce(page)
            after = page[-1].number
            page = await self._page(after) if len(page) == _PAGE_TASKS else ()
        self._announced = {number for number in self._announced if number > self._horizon}

    async def _page(self, after: int) -> Sequence[MadeTask]:
        return await self._feed.made_after(after, limit=_PAGE_TASKS)

    def _announce(self, page: Sequence[MadeTask]) -> None:
        """Once when a task is new, and once when it has settled and its place may be dropped."""
        concerned: dict[_Concern, None] = {}
        for made in page:
            if made.is_settled or made.number not in self._announced:
                concerned[(made.tenant, made.owner, made.agent)] = None
            if made.is_settled:
                self._horizon = made.number
            self._announced.add(made.number)
        for concern in concerned:
            self._wake(concern)

    def _wake(self, concern: _Concern) -> None:
        for wake in tuple(self._wakes.get(concern, ())):
            wake()
