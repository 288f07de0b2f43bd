"""The tasks that a worker holds and does not carry out: settled as soon as the store lets it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from domain.ids import LeaseId, TaskId, WorkerId
from ports.task_leases import TaskLeases
from ports.task_queue import Claim, TaskHandler, Unsettled

T = TypeVar("T")


class WithReserve(Protocol):
    async def __call__(self, write: Callable[[], Awaitable[T]]) -> T:
        """Do a write that must not fail for want of room: on a full disk with the reserve."""


class LeftTasks:
    """By their leases: a task may be carried out again by now, by another worker or this one."""

    def __init__(
        self,
        *,
        leases: TaskLeases,
        worker_id: WorkerId,
        predecessor: str | None,
        lease_s: float,
        carried_out: Callable[[], Collection[LeaseId]],
        with_reserve: WithReserve,
    ) -> None:
        """`carried_out` are the leases of the tasks that are not left."""
        self._leases = leases
        self._worker_id = worker_id
        self._predecessor = predecessor
        self._lease_s = lease_s
        self._carried_out = carried_out
        self._with_reserve = with_reserve
        self._left: dict[LeaseId, tuple[TaskId, Unsettled]] = {}
        self._settling = asyncio.Lock()
        self._is_unsure = False

    def add(self, claim: Claim, unsettled: Unsettled) -> None:
        self._left[claim.lease_id] = (claim.task.task_id, unsettled)

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Around whatever takes tasks: should it fail, some may be this worker's all the same."""
        try:
            yield
        except BaseException:
            self._is_unsure = True
            raise

    async def find_unanswered(self) -> None:
        """Find the tasks whose taking was never answered. Not to be called while claiming."""
        if not self._is_unsure:
            return
        async with self._settling:
            known = self._known()
            held = await self._leases.heartbeat(self._worker_id, lease_s=self._lease_s)
            known |= self._known()
            before = dict(self._left.values())  # a reclaim that was not answered is among these
            for task_id, lease_id in held.items():
                if lease_id not in known:
                    self._left[lease_id] = (task_id, before.get(task_id, Unsettled()))
            self._is_unsure = False

    async def settle(self, handler: TaskHandler) -> None:
        async with self._settling:
            for lease_id, (task_id, unsettled) in tuple(self._left.items()):
                with self.taking():
                    claim = await self._reclaim(task_id, lease_id)
                    is_settled = claim is None or await handler.settle(claim, unsettled)
                del self._left[lease_id]
                if claim is not None and not is_settled:
                    self.add(claim, unsettled)
        await self.settle_predecessor(handler)

    async def settle_predecessor(self, handler: TaskHandler) -> None:
        """Take over what the worker before this one has left, once."""
        if self._predecessor is not None:
            await self.take_over(handler, of_instance=self._predecessor)
            self._predecessor = None

    async def take_over(self, handler: TaskHandler, *, of_instance: str | None = None) -> None:
        """Take over what dead workers have left."""
        async with self._settling:
            with self.taking():
                claims = await self._with_reserve(
                    lambda: self._leases.claim_lost(
                        self._worker_id, lease_s=self._lease_s, of_instance=of_instance
                    )
                )
                left = await handler.take_over(claims) if claims else ()
            for claim in left:
                self.add(claim, Unsettled())

    async def _reclaim(self, task_id: TaskId, lease_id: LeaseId) -> Claim | None:
        return await self._with_reserve(
            lambda: self._leases.reclaim(
                self._worker_id, task_id, lease_id=lease_id, lease_s=self._lease_s
            )
        )

    def _known(self) -> set[LeaseId]:
        return {*self._carried_out(), *self._left}
