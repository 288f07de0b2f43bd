"""The order in which tasks were made, in memory."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase, is_same_owner
from domain.ids import TaskId
from domain.principal import Principal
from domain.task import Task
from ports.task_feed import MadeTask


class MemoryTaskFeed:
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = self.database = database

    async def made_after(self, number: int, *, limit: int) -> Sequence[MadeTask]:
        tasks = (row.task for row in self._database.tasks.values())
        return [_made(task) for task in tasks if task.number > number][:limit]

    async def newest_settled(self, principal: Principal | None) -> MadeTask | None:
        for row in reversed(self._database.tasks.values()):
            if principal is None or is_same_owner(row.task.principal, principal):
                return _made(row.task)
        return None

    async def id_at(self, number: int) -> TaskId | None:
        tasks = (row.task for row in self._database.tasks.values())
        return next((task.task_id for task in tasks if task.number == number), None)

    async def last_number(self) -> int:
        return self._database.last_number


def _made(task: Task) -> MadeTask:
    return MadeTask(
        number=task.number,
        task_id=task.task_id,
        tenant=task.principal.tenant,
        owner=task.principal.owner,
        agent=task.agent,
        is_settled=True,
    )
