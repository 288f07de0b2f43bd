"""Tasks on SQL: each method is one transaction."""

from collections.abc import Mapping, Sequence

from adapters.store.database import Database
from adapters.store.tasks import submission, task_queries, wishes
from domain.ids import AgentName, TaskId, WorkerId
from domain.principal import Principal
from domain.task import CancelIntent, OnBusy, Task
from ports.event_log import EncodedEvent
from ports.task_store import AgentRecord, Cancellation, IdempotencyKey, Submission, TaskQuery


class SqlTaskStore:
    def __init__(self, database: Database, *, lease_s: float = 30.0) -> None:
        """`lease_s` is how long a reserved task waits for its worker."""
        self._database = self.database = database
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

    async def request_cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        intent: CancelIntent,
        *,
        requested: EncodedEvent,
        cancelled: EncodedEvent,
    ) -> Cancellation:
        cancel = wishes.Cancel(
            principal=principal,
            task_id=task_id,
            intent=intent,
            requested=requested,
            cancelled=cancelled,
        )
        return await self._database.write(
            lambda c: wishes.request_cancel(c, cancel), was_done=wishes.was_requested
        )

    async def wish_pause(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        return await self._database.write(
            lambda c: wishes.wish_pause(c, principal, task_id, is_wanted=is_wanted)
        )

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        return await self._database.read(lambda c: task_queries.find_task(c, principal, task_id))

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        return await self._database.read(lambda c: task_queries.find_tasks(c, principal, query))

    async def agent_records(
        self, principal: Principal, agent: AgentName | None = None
    ) -> Mapping[AgentName, AgentRecord]:
        return await self._database.read(lambda c: task_queries.agent_records(c, principal, agent))
