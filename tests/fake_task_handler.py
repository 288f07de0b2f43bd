"""A TaskHandler that a test controls, and that records the calls of a queue."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import anyio

from domain.ids import LeaseId
from ports.task_queue import Claim, TaskWishes, Unsettled
from tests.patience import PATIENCE_S

CarryOut = Callable[[Claim], Awaitable[Unsettled | None]]


async def blocked_for_ever(claim: Claim) -> Unsettled | None:
    await asyncio.Event().wait()
    raise AssertionError("nothing sets this event")


class FakeTaskHandler:
    """Settles every claim that it gets, unless the test sets `settles`."""

    def __init__(self, carry_out: CarryOut = blocked_for_ever, *, room: int = 100) -> None:
        self.act = carry_out
        self.room = room
        self.settles: Callable[[Claim], Awaitable[bool]] = _at_once
        self.given: list[Claim] = []
        self.lease_ends: dict[LeaseId, float] = {}
        """Until when, of those that were given."""
        self.lost_leases: list[LeaseId] = []
        self.wishes: list[TaskWishes] = []
        self.settling: list[tuple[Claim, Unsettled]] = []
        self.taken_over: list[Claim] = []
        self.most = self._running = 0
        """How many were carried out at a time."""
        self._changed = asyncio.Event()

    async def until(self, is_so: Callable[[], object]) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    def capacity(self) -> int:
        return self.room

    async def carry_out(self, claim: Claim, *, until: float) -> Unsettled | None:
        self.given.append(claim)
        self.lease_ends[claim.lease_id] = until
        self._running += 1
        self.most = max(self.most, self._running)
        self._changed.set()
        try:
            return await self.act(claim)
        finally:
            self._running -= 1

    def renewed(self, claim: Claim, *, until: float) -> None:
        self.lease_ends[claim.lease_id] = until
        self._changed.set()

    def lost(self, claim: Claim) -> None:
        self.lost_leases.append(claim.lease_id)
        self._changed.set()

    def wished(self, wishes: TaskWishes) -> None:
        self.wishes.append(wishes)
        self._changed.set()

    async def settle(self, claim: Claim, unsettled: Unsettled) -> bool:
        is_settled = await self.settles(claim)
        self.settling.append((claim, unsettled))
        self._changed.set()
        return is_settled

    async def take_over(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        left = [claim for claim in claims if not await self.settles(claim)]
        self.taken_over += claims
        self._changed.set()
        return left


async def _at_once(claim: Claim) -> bool:
    return True
