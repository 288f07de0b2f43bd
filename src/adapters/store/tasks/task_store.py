"""Tasks on SQL: each method is one transaction, whose steps are told elsewhere."""

from collections.abc import Mapping, Sequence

from adapters.store.database import Database
from adapters.store.tasks import (
    agent_records,
    cancelling,
    claiming,
    submission,
    task_numbers,
    task_queries,
    task_wishes,
)
from adapters.store.tasks.leases import Taker, was_taken
from domain.ids import AgentName, LeaseId, TaskId, WorkerId
from domain.principal import Principal
from domain.task import CancelIntent, OnBusy, Task
from ports.event_log import EncodedEvent
from ports.id_source import IdSource
from ports.task_store import (
    AgentRecord,
    Cancellation,
    Claim,
    IdempotencyKey,
    MadeTask,
    Submission,
    TaskQuery,
    TaskWishes,
)


class SqlTaskStore:
    def __init__(self, database: Database, *, ids: IdSource, lease_s: float = 30.0) -> None:
        """`lease_s` is how long a reserved task waits for its worker."""
        self._database = self.database = database
        self._ids = ids
        self._lease_s = lease_s

    async def submit(
        self,
        task: Task,
        queued: EncodedEvent,
        *,
        on_busy: OnBusy = "enqueue",
        idempotency: IdempotencyKey | None = None,
        reserved_for: WorkerId | None = None,
    ) -> Submission:
        request = submission.Request(
            task=task,
            queued=queued,
            on_busy=on_busy,
            idempotency=idempotency,
            reserved_for=reserved_for,
            reserved_s=self._lease_s,
        )
        return await self._database.write(
            lambda c: submission.submit(c, request), was_done=submission.was_submitted
        )

    async def claim(
        self, worker_id: WorkerId, *, limit: int, lease_s: float, only: TaskId | None = None
    ) -> Sequence[Claim]:
        taker = self._taker(worker_id, lease_s)
        return await self._database.write(
            lambda c: claiming.claim_queued(c, taker, limit=limit, only=only), was_done=was_taken
        )

    async def heartbeat(self, worker_id: WorkerId, *, lease_s: float) -> Mapping[TaskId, LeaseId]:
        taker = self._taker(worker_id, lease_s)
        return await self._database.write(lambda c: claiming.renew(c, taker))

    async def claim_lost(
        self, worker_id: WorkerId, *, lease_s: float, of_instance: str | None = None
    ) -> Sequence[Claim]:
        taker = self._taker(worker_id, lease_s)
        return await self._database.write(
            lambda c: claiming.claim_lost(c, taker, of_instance=of_instance), was_done=was_taken
        )

    async def reclaim(
        self, worker_id: WorkerId, task_id: TaskId, *, lease_id: LeaseId, lease_s: float
    ) -> Claim | None:
        taker = self._taker(worker_id, lease_s)
        claims = await self._database.write(
            lambda c: claiming.reclaim(c, taker, task_id, lease_id), was_done=was_taken
        )
        return claims[0] if claims else None

    async def requeue(self, claim: Claim, *, attempt_spent: bool) -> None:
        await self._database.write(
            lambda c: claiming.give_back(c, claim, attempt_spent=attempt_spent),
            was_done=lambda c, _: claiming.was_given_back(c, claim),
        )

    async def request_cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        intent: CancelIntent,
        *,
        requested: EncodedEvent,
        cancelled: EncodedEvent,
    ) -> Cancellation:
        wish = cancelling.Wish(
            principal=principal,
            task_id=task_id,
            intent=intent,
            requested=requested,
            cancelled=cancelled,
        )
        return await self._database.write(
            lambda c: cancelling.request_cancel(c, wish), was_done=cancelling.was_requested
        )

    async def wish_pause(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        return await self._database.write(
            lambda c: task_wishes.wish_pause(c, principal, task_id, is_wanted=is_wanted)
        )

    async def wishes(self, worker_id: WorkerId) -> Sequence[TaskWishes]:
        return await self._database.read(lambda c: task_wishes.wishes_for(c, worker_id))

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        return await self._database.read(lambda c: task_queries.find_task(c, principal, task_id))

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        return await self._database.read(lambda c: task_queries.find_tasks(c, principal, query))

    async def agent_records(
        self, principal: Principal, agent: AgentName | None = None
    ) -> Mapping[AgentName, AgentRecord]:
        return await self._database.read(lambda c: agent_records.find(c, principal, agent))

    async def made_after(self, number: int, *, limit: int) -> Sequence[MadeTask]:
        return await self._database.read(
            lambda c: task_numbers.made_after(c, number=number, limit=limit)
        )

    async def newest_settled(self, principal: Principal | None) -> MadeTask | None:
        return await self._database.read(lambda c: task_numbers.newest_settled(c, principal))

    async def id_at(self, number: int) -> TaskId | None:
        return await self._database.read(lambda c: task_numbers.id_at(c, number))

    async def last_number(self) -> int:
        return await self._database.read(task_numbers.last_number)

    def _taker(self, worker_id: WorkerId, lease_s: float) -> Taker:
        return Taker(worker_id=worker_id, lease_s=lease_s, new_lease=self._ids.lease_id)
