"""The order in which everybody's tasks were made, for those who look for new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import AgentName, TaskId
from domain.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTask:
    """What is needed to find out whom a task concerns."""

    number: int
    task_id: TaskId
    tenant: str
    owner: str
    agent: AgentName
    is_settled: bool
    """No task with a lower number can become visible any more."""


class TaskFeed(Protocol):
    """Tasks are numbered from 1 as they are made; transactions may commit in another order.

    Any method may raise LogUnavailable when the store is out of reach.
    """

    async def made_after(self, number: int, *, limit: int) -> Sequence[MadeTask]:
        """Up to `limit` tasks of all owners above this number, in its order."""

    async def newest_settled(self, principal: Principal | None) -> MadeTask | None:
        """The settled task with the highest number, of this principal or of all."""

    async def id_at(self, number: int) -> TaskId | None:
        """The task with this number, whoever owns it; None if there is none, or it was removed."""

    async def last_number(self) -> int:
        """The highest that was ever given, even if its task is gone; 0 before the first."""
