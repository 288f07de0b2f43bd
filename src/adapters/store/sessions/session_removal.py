"""Deletion of a session: hidden at once, removed when its last runner has stopped."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from adapters.store.rows.store_clock import seconds, store_now
from adapters.store.rows.task_rows import LIVE_STATUSES
from adapters.store.schema.tables import (
    agent_threads,
    approvals,
    events,
    idempotency_keys,
    questions,
    sessions,
    tasks,
)
from domain.ids import SessionKey
from domain.task import TaskStatus
from ports.session_store import DeletedSession

_REASON = "session_deleted"
IDEMPOTENCY_KEPT = seconds(24 * 3600)
_EVENTS_AT_ONCE = 1000


def hide(connection: Connection, key: SessionKey, *, by: str) -> DeletedSession:
    of_session = tasks.c.session_key == key
    is_queued = and_(of_session, tasks.c.status == TaskStatus.QUEUED.value)
    is_live = and_(of_session, tasks.c.status.in_(LIVE_STATUSES))
    connection.execute(
        update(sessions).where(sessions.c.key == key).values(deleted_at=store_now())
    )
    connection.execute(update(tasks).where(of_session).values(deleted_at=store_now()))
    cancelled = connection.execute(
        update(tasks)
        .where(is_queued)
        .values(status=TaskStatus.CANCELLED.value, reason=_REASON, finished_at=store_now())
    ).rowcount
    connection.execute(
        update(tasks)
        .where(is_live, tasks.c.cancel_mode.is_(None))
        .values(cancel_mode="graceful", cancel_reason=_REASON, cancel_by=by)
    )
    return DeletedSession(session_key=key, cancelled=cancelled)


def was_hidden(connection: Connection, deleted: DeletedSession) -> bool:
    query = select(sessions.c.deleted_at).where(sessions.c.key == deleted.session_key)
    return connection.execute(query.with_for_update()).scalar() is not None


def removable(connection: Connection) -> Sequence[SessionKey]:
    """The deleted sessions that no runner works in any more."""
    keys = connection.execute(
        select(sessions.c.key).where(
            sessions.c.deleted_at.is_not(None),
            ~exists().where(
                tasks.c.session_key == sessions.c.key, tasks.c.status.in_(LIVE_STATUSES)
            ),
        )
    ).scalars()
    return [SessionKey(key) for key in keys]


def remove_events(connection: Connection, key: SessionKey) -> bool:
    """Remove the oldest events; False when none were left."""
    first = select(func.min(events.c.seq)).where(events.c.session_key == key).scalar_subquery()
    oldest = and_(events.c.session_key == key, events.c.seq < first + _EVENTS_AT_ONCE)
    return connection.execute(delete(events).where(oldest)).rowcount > 0


def remove(connection: Connection, key: SessionKey) -> None:
    """Remove the session itself, once its events are gone."""
    its_tasks = select(tasks.c.task_id).where(tasks.c.session_key == key)
    connection.execute(delete(idempotency_keys).where(idempotency_keys.c.task_id.in_(its_tasks)))
    connection.execute(delete(approvals).where(approvals.c.task_id.in_(its_tasks)))
    connection.execute(delete(questions).where(questions.c.task_id.in_(its_tasks)))
    connection.execute(delete(agent_threads).where(agent_threads.c.session_key == key))
    connection.execute(delete(tasks).where(tasks.c.session_key == key))
    connection.execute(delete(sessions).where(sessions.c.key == key))


def forget_old_keys(connection: Connection) -> None:
    connection.execute(
        delete(idempotency_keys).where(
            idempotency_keys.c.created_at < store_now() - IDEMPOTENCY_KEPT
        )
    )


def forget_answers(connection: Connection) -> None:
    """Forget the answers of ended tasks whose worker did not live to do so."""
    has_ended = exists().where(
        tasks.c.task_id == questions.c.task_id, tasks.c.finished_at.is_not(None)
    )
    connection.execute(delete(questions).where(has_ended.correlate(questions)))
