"""Keeps the leases of the tasks that one worker carries out, and reports those it cannot keep."""

from collections.abc import Collection
from dataclasses import dataclass

from domain.ids import LeaseId, WorkerId
from ports.clock import Clock
from ports.task_leases import TaskLeases
from ports.task_queue import Claim, TaskHandler

_LEASE_PART = 5 / 6  # of a lease; after that this worker gives up, before others take over


@dataclass(slots=True)
class _Held:
    claim: Claim
    claimed_at: float
    """By the monotonic clock, before the claim was asked for."""
    until: float
    is_lost: bool = False


class LeaseKeeper:
    def __init__(
        self, *, leases: TaskLeases, worker_id: WorkerId, lease_s: float, clock: Clock
    ) -> None:
        self._leases = leases
        self._worker_id = worker_id
        self._lease_s = lease_s
        self._clock = clock
        self._held: dict[LeaseId, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def held(self) -> Collection[LeaseId]:
        return self._held.keys()

    def begin(self, claim: Claim, *, claimed_at: float) -> float:
        """Until when the task is this worker's alone."""
        until = self._sure_until(claimed_at)
        self._held[claim.lease_id] = _Held(claim, claimed_at, until)
        return until

    def end(self, claim: Claim) -> None:
        self._held.pop(claim.lease_id, None)

    async def renew(self, handler: TaskHandler) -> None:
        """Renew every lease; a task that another worker has taken is lost.

        So is one that is renewed too late: its commands are dead by then.
        """
        self.fence(handler)
        # The answer does not cover a claim that is committed after the renewal, and its task may
        # have begun before the answer is here.
        begun = tuple(self._held.values())
        asked_at = self._clock.monotonic()
        kept = await self._leases.heartbeat(self._worker_id, lease_s=self._lease_s)
        self.fence(handler)
        for one in begun:
            claim = one.claim
            if claim.lease_id not in self._held or one.is_lost:
                continue
            if kept.get(claim.task.task_id) != claim.lease_id:
                self._lose(one, handler)
            else:
                one.until = self._sure_until(asked_at)
                handler.renewed(claim, until=one.until)

    def fence(self, handler: TaskHandler) -> None:
        """Report the tasks whose lease was not renewed in time, by this process's own clock."""
        now = self._clock.monotonic()
        for one in tuple(self._held.values()):
            if now > one.until:
                self._lose(one, handler)

    async def pass_wishes(self, handler: TaskHandler, *, claimed_before: float) -> None:
        """What was wished through other processes; a claim comes with what was wished until then."""
        if all(one.claimed_at >= claimed_before for one in self._held.values()):
            return
        for wishes in await self._leases.wishes(self._worker_id):
            handler.wished(wishes)

    def _sure_until(self, asked_at: float) -> float:
        return asked_at + self._lease_s * _LEASE_PART

    def _lose(self, one: _Held, handler: TaskHandler) -> None:
        one.is_lost = True
        handler.lost(one.claim)
