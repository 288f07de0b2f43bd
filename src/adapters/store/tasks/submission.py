"""Queues a task: its row, its session, its first event and its idempotency key in one go."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, exists, select, update

from adapters.store.rows.event_rows import append_unfenced
from adapters.store.rows.session_rows import ensured_key
from adapters.store.rows.statement import Statement, insert_if_absent
from adapters.store.rows.store_clock import seconds, store_now
from adapters.store.rows.task_rows import (
    COLUMNS_GIVEN,
    TASK_COLUMNS,
    columns_of,
    driver_row,
    task_of,
)
from adapters.store.schema.tables import idempotency_keys, tasks
from adapters.store.sessions.session_removal import IDEMPOTENCY_KEPT
from domain.errors import IdempotencyKeyReused, SessionBusy
from domain.ids import SessionKey, WorkerId
from domain.principal import Principal
from domain.task import OnBusy, Task
from ports.event_log import EncodedEvent
from ports.task_store import IdempotencyKey, Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    task: Task
    queued: EncodedEvent
    on_busy: OnBusy
    idempotency: IdempotencyKey | None
    reserved_for: WorkerId | None
    reserved_s: float


def submit(connection: Connection, request: Request) -> Submission:
    repeated = _repeated(connection, request)
    if repeated is not None:
        return Submission(task=repeated, stored=(), is_repeat=True)
    task = request.task
    key = ensured_key(connection, task.principal, task.session_id)
    if (retrying := _retrying(connection, request, key)) is not None:
        return Submission(task=retrying, stored=(), is_repeat=True)
    if request.on_busy == "reject" and _is_busy(connection, key):
        raise SessionBusy(f"session {task.session_id} has an unfinished task")
    position = 1 + int(_QUEUED.value(connection, {"session": key}))
    stored = append_unfenced(connection, key, [request.queued.in_queue(position)])
    queued = _insert(connection, request, session_key=key, first_seq=stored[0].seq)
    return Submission(task=queued, stored=stored, is_repeat=False)


def was_submitted(connection: Connection, submission: Submission) -> bool:
    task = submission.task
    ensured_key(connection, task.principal, task.session_id)
    query = select(tasks.c.number).where(tasks.c.task_id == task.task_id)
    return connection.execute(query).one_or_none() is not None


def _repeated(connection: Connection, request: Request) -> Task | None:
    """The task that the key made earlier; the key is this request's if there is none."""
    if request.idempotency is None:
        return None
    key = request.idempotency
    _forget_old(connection, request.task.principal, key)
    taken = insert_if_absent(idempotency_keys).values(
        tenant=request.task.principal.tenant,
        owner=request.task.principal.owner,
        key=key.key,
        request_hash=key.request_hash,
        task_id=request.task.task_id,
        created_at=store_now(),
    )
    if connection.execute(taken).rowcount == 1:
        return None
    return _made_by(connection, request.task.principal, key)


def _forget_old(connection: Connection, principal: Principal, key: IdempotencyKey) -> None:
    is_old = idempotency_keys.c.created_at < store_now() - IDEMPOTENCY_KEPT
    connection.execute(delete(idempotency_keys).where(*_is_key(principal, key), is_old))


def _made_by(connection: Connection, principal: Principal, key: IdempotencyKey) -> Task:
    row = connection.execute(
        select(*tasks.c, idempotency_keys.c.request_hash)
        .join(idempotency_keys, idempotency_keys.c.task_id == tasks.c.task_id)
        .where(*_is_key(principal, key))
    ).one()
    if row.request_hash != key.request_hash:
        raise IdempotencyKeyReused("this idempotency key was used with another request")
    return task_of(row)


def _retrying(connection: Connection, request: Request, session_key: SessionKey) -> Task | None:
    """The unfinished task that retries what this one would retry; the key is its key then.

    The session's row is held, so that no other transaction makes one meanwhile.
    """
    if request.task.retry_of is None:
        return None
    query = select(*tasks.c).where(
        tasks.c.session_key == session_key,
        tasks.c.retry_of == request.task.retry_of,
        tasks.c.finished_at.is_(None),
    )
    row = connection.execute(query.order_by(tasks.c.number).limit(1)).one_or_none()
    if row is not None and request.idempotency is not None:
        connection.execute(
            update(idempotency_keys)
            .where(*_is_key(request.task.principal, request.idempotency))
            .values(task_id=row.task_id)
        )
    return None if row is None else task_of(row)


def _is_key(principal: Principal, key: IdempotencyKey) -> tuple[ColumnElement[bool], ...]:
    return (
        idempotency_keys.c.tenant == principal.tenant,
        idempotency_keys.c.owner == principal.owner,
        idempotency_keys.c.key == key.key,
    )


def _is_busy(connection: Connection, key: SessionKey) -> bool:
    is_unfinished = exists().where(tasks.c.session_key == key, tasks.c.finished_at.is_(None))
    return bool(connection.execute(select(is_unfinished)).scalar())


def _insert(
    connection: Connection, request: Request, *, session_key: SessionKey, first_seq: int
) -> Task:
    values = {
        **columns_of(request.task),
        "session_key": session_key,
        "first_seq": first_seq,
        "reserved_for": request.reserved_for,
        "reserved_us": None if request.reserved_for is None else seconds(request.reserved_s),
    }
    [row] = _INSERT.rows(connection, values)
    return task_of(driver_row(row))


_QUEUED = Statement("""
    SELECT count(*) FROM tasks
    WHERE session_key = :session AND finished_at IS NULL AND status = 'queued'
""")
_GIVEN = (*COLUMNS_GIVEN, "session_key", "first_seq", "reserved_for")
# Without a reservation `reserved_us` is NULL, and so is the sum.
_INSERT = Statement(f"""
    INSERT INTO tasks ({", ".join(_GIVEN)}, created_at, reserved_until)
    VALUES ({", ".join(f":{name}" for name in _GIVEN)}, store_now(), store_now() + :reserved_us)
    RETURNING {TASK_COLUMNS}
""")
