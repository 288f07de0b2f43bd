"""What is wanted of tasks: that they end, pause, or go on. A queued task ends at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from adapters.store.rows.event_rows import append_unfenced
from adapters.store.rows.store_clock import store_now
from adapters.store.rows.task_rows import pause_column, task_of
from adapters.store.schema.tables import events, sessions, tasks
from adapters.store.tasks.task_queries import find_task
from domain.ids import SessionKey, TaskId
from domain.principal import Principal
from domain.task import CancelIntent, Task, TaskStatus, next_wish
from ports.event_log import EncodedEvent
from ports.task_store import Cancellation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    principal: Principal
    task_id: TaskId
    intent: CancelIntent
    requested: EncodedEvent
    cancelled: EncodedEvent


def request_cancel(connection: Connection, cancel: Cancel) -> Cancellation:
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


def was_requested(connection: Connection, cancellation: Cancellation) -> bool:
    _lock(connection, cancellation.task.session_key)
    if not cancellation.stored:
        return False
    first = cancellation.stored[0]
    tag = select(events.c.tag).where(
        events.c.session_key == cancellation.task.session_key, events.c.seq == first.seq
    )
    return bool(connection.execute(tag).scalar() == first.tag)


def wish_pause(
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


def _marked(connection: Connection, cancel: Cancel, ended: Mapping[str, object]) -> Task:
    intent = cancel.intent
    row = connection.execute(
        update(tasks)
        .where(tasks.c.task_id == cancel.task_id)
        .values(cancel_mode=intent.mode, cancel_reason=intent.reason, cancel_by=intent.by, **ended)
        .returning(*tasks.c)
    ).one()
    return task_of(row)
