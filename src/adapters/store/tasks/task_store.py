"""Tasks on SQL: each method is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from adapters.store.database import Database
from adapters.store.rows.event_rows import append_unfenced
from adapters.store.rows.store_clock import store_now
from adapters.store.rows.task_rows import pause_column, task_of
from adapters.store.schema.tables import events, sessions, tasks
from adapters.store.tasks import submission, task_queries
from adapters.store.tasks.task_queries import find_task
from domain.ids import AgentName, SessionKey, TaskId, WorkerId
from domain.principal import Principal
from domain.task import CancelIntent, OnBusy, Task, TaskStatus, next_wish
from ports.event_log import EncodedEvent
from ports.task_store import AgentRecord, Cancellation, IdempotencyKey, Submission, TaskQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cancel:
    principal: Principal
    task_id: TaskId
    intent: CancelIntent
    requested: EncodedEvent
    cancelled: EncodedEvent


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
        cancel = _Cancel(
            principal=principal,
            task_id=task_id,
            intent=intent,
            requested=requested,
            cancelled=cancelled,
        )
        return await self._database.write(
            lambda c: _request_cancel(c, cancel), was_done=_was_requested
        )

    async def wish_pause(self, principal: Principal, task_id: TaskId, *, is_wanted: bool) -> Task:
        return await self._database.write(
            lambda c: _wish_pause(c, principal, task_id, is_wanted=is_wanted)
        )

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        return await self._database.read(lambda c: task_queries.find_task(c, principal, task_id))

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        return await self._database.read(lambda c: task_queries.find_tasks(c, principal, query))

    async def agent_records(
        self, principal: Principal, agent: AgentName | None = None
    ) -> Mapping[AgentName, AgentRecord]:
        return await self._database.read(lambda c: task_queries.agent_records(c, principal, agent))


def _request_cancel(connection: Connection, cancel: _Cancel) -> Cancellation:
    _lock(connection, find_task(connection, cancel.principal, cancel.task_id).session_key)
    task = find_task(connection, cancel.principal, cancel.task_id)
    if task.status is TaskStatus.QUEUED:
        stored = append_unfenced(
            connection, task.session_key, [cancel.requested, cancel.cancelled]
        )
        ended = {
            "status": TaskStatus.CANCELLED.value,
            "reason": cancel.intent.reason,
            "finished_at": store_now(),
            "last_seq": stored[-1].seq,
        }
        return Cancellation(task=_marked(connection, cancel, ended), stored=stored)
    if task.status.is_final or not cancel.intent.adds_to(task.cancel):
        return Cancellation(task=task, stored=())
    stored = append_unfenced(connection, task.session_key, [cancel.requested])
    return Cancellation(task=_marked(connection, cancel, {}), stored=stored)


def _was_requested(connection: Connection, cancellation: Cancellation) -> bool:
    _lock(connection, cancellation.task.session_key)
    if not cancellation.stored:
        return False
    first = cancellation.stored[0]
    tag = select(events.c.tag).where(
        events.c.session_key == cancellation.task.session_key, events.c.seq == first.seq
    )
    return bool(connection.execute(tag).scalar() == first.tag)


def _wish_pause(
    connection: Connection, principal: Principal, task_id: TaskId, *, is_wanted: bool
) -> Task:
    """May be repeated: it changes nothing where the wish is stored already."""
    connection.execute(select(tasks.c.number).where(tasks.c.task_id == task_id).with_for_update())
    task = find_task(connection, principal, task_id)
    wish = next_wish(task.pause, is_wanted=is_wanted, by=principal.name)
    if wish is None or task.status.is_final:
        return task
    row = connection.execute(
        update(tasks)
        .where(tasks.c.task_id == task_id)
        .values(pause_wish=pause_column(wish))
        .returning(*tasks.c)
    ).one()
    return task_of(row)


def _lock(connection: Connection, session_key: SessionKey) -> None:
    connection.execute(
        select(sessions.c.key).where(sessions.c.key == session_key).with_for_update()
    )


def _marked(connection: Connection, cancel: _Cancel, ended: Mapping[str, object]) -> Task:
    intent = cancel.intent
    row = connection.execute(
        update(tasks)
        .where(tasks.c.task_id == cancel.task_id)
        .values(cancel_mode=intent.mode, cancel_reason=intent.reason, cancel_by=intent.by, **ended)
        .returning(*tasks.c)
    ).one()
    return task_of(row)
