"""Claiming tasks: which ones may be taken, and the lease that each gets, its session's fence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from adapters.store.rows.statement import Statement
from adapters.store.rows.store_clock import seconds
from adapters.store.rows.task_rows import TASK_COLUMNS, driver_row, statuses_sql, task_of
from adapters.store.schema.tables import sessions, tasks
from domain.ids import LeaseId, SessionKey, TaskId, WorkerId
from domain.task import LIVE
from ports.task_queue import Claim

LEASE_END = "store_now() + :lease_us"
_IS_UNFINISHED = "tasks.finished_at IS NULL"  # the condition of the small indexes
IS_QUEUED = f"{_IS_UNFINISHED} AND tasks.status = 'queued'"
IS_LIVE = f"{_IS_UNFINISHED} AND tasks.status IN ({statuses_sql(LIVE)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    worker_id: WorkerId
    lease_s: float
    new_lease: Callable[[], LeaseId]

    def values(self) -> dict[str, object]:
        return {"taker": self.worker_id, "lease_us": seconds(self.lease_s)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taking:
    """One way of taking tasks: finds candidates, then takes them one by one."""

    find: Statement
    take: Statement
    """Checks again: a task may have changed before its session was locked."""


def claim_queued(
    connection: Connection, taker: Taker, *, limit: int, only: TaskId | None
) -> Sequence[Claim]:
    how = _NEXT if only is None else _ONLY
    return _take_all(connection, how, taker, {"at_most": limit, "only": only})


def claim_lost(
    connection: Connection, taker: Taker, *, of_instance: str | None
) -> Sequence[Claim]:
    prefix = None if of_instance is None else f"{of_instance}."
    values = {
        "at_most": _LOST_AT_ONCE,
        "prefix": prefix,
        "prefix_chars": None if prefix is None else len(prefix),
    }
    lost = _take_all(connection, _LOST, taker, values)
    return [*lost, *_take_all(connection, _LEFT, taker, values)]


def reclaim(
    connection: Connection, taker: Taker, task_id: TaskId, lease_id: LeaseId
) -> Sequence[Claim]:
    values = {"at_most": 1, "only": task_id, "former_lease": lease_id}
    return _take_all(connection, _OWN, taker, values)


def was_taken(connection: Connection, claims: Sequence[Claim]) -> bool:
    if not claims:
        return False
    task = claims[0].task
    connection.execute(
        select(sessions.c.key).where(sessions.c.key == task.session_key).with_for_update()
    )
    lease = select(tasks.c.lease_id).where(tasks.c.task_id == task.task_id)
    return bool(connection.execute(lease).scalar() == claims[0].lease_id)


def _take_all(
    connection: Connection, how: _Taking, taker: Taker, values: Mapping[str, object]
) -> Sequence[Claim]:
    """At most one of each session."""
    claims: list[Claim] = []
    seen: set[SessionKey] = set()
    shared = {**taker.values(), **values}
    for task_id, session_key, started_at in how.find.rows(connection, shared):
        if session_key in seen:
            continue
        lease_id = taker.new_lease()
        values_of_one = {**shared, "of_task": task_id, "lease": lease_id}
        for row in how.take.rows(connection, values_of_one):
            _SET_FENCE.run(connection, {**values_of_one, "session": session_key})
            seen.add(session_key)
            task = task_of(driver_row(row))
            claims.append(Claim(task=task, lease_id=lease_id, is_first=started_at is None))
    return claims


def _taking(*, which: str, of_sessions: str, columns: str = "", waits: bool = False) -> _Taking:
    """Without `waits`, sessions that others have locked are passed over.

    Oldest first. Sessions are locked, which covers all of their tasks.
    """
    return _Taking(
        find=Statement(f"""
            SELECT tasks.task_id, tasks.session_key, tasks.started_at
            FROM tasks JOIN sessions ON sessions.key = tasks.session_key
            WHERE {which} AND {of_sessions}
            ORDER BY tasks.number LIMIT :at_most
            FOR UPDATE OF sessions {"" if waits else "SKIP LOCKED"}
        """),
        take=Statement(f"""
            UPDATE tasks
            SET worker_id = :taker, lease_id = :lease, lease_expires_at = {LEASE_END} {columns}
            WHERE tasks.task_id = :of_task AND {which}
            RETURNING {TASK_COLUMNS}
        """),
    )


_SET_FENCE = Statement("""
    UPDATE sessions SET active_task = :of_task, lease_id = :lease
    WHERE key = :session
""")
_LOST_AT_ONCE = 1_000

_MAY_TAKE = "(tasks.reserved_for IS NULL OR tasks.reserved_for = :taker)"
_IS_FREE = "sessions.active_task IS NULL AND sessions.deleted_at IS NULL"
_IS_NEXT = """
    NOT EXISTS (
        SELECT 1 FROM tasks AS older
        WHERE older.session_key = tasks.session_key AND older.number < tasks.number
          AND older.finished_at IS NULL AND older.status = 'queued'
    )
"""
_IS_ACTIVE = "sessions.active_task = tasks.task_id"
# Without an instance the prefix is NULL: the comparison with it is never true.
_IS_DEAD = """
    (tasks.lease_expires_at <= store_now()
     OR substr(tasks.worker_id, 1, :prefix_chars) = :prefix)
"""
_TO_RUNNING = """
    , status = 'running', started_at = coalesce(started_at, store_now()),
    reserved_for = NULL, reserved_until = NULL
"""
_NEW_ATTEMPT = f"{_TO_RUNNING}, attempt = attempt + 1"

_NEXT = _taking(
    which=f"{IS_QUEUED} AND {_MAY_TAKE}",
    of_sessions=f"{_IS_FREE} AND {_IS_NEXT}",
    columns=_NEW_ATTEMPT,
)
_ONLY = _taking(
    which=f"{IS_QUEUED} AND {_MAY_TAKE} AND tasks.task_id = :only",
    of_sessions=_IS_FREE,
    columns=_NEW_ATTEMPT,
)
_LOST = _taking(
    which=f"{IS_LIVE} AND tasks.worker_id <> :taker AND {_IS_DEAD}",
    of_sessions=_IS_ACTIVE,
)
_OWN = _taking(
    which=f"""
        {IS_LIVE} AND tasks.worker_id = :taker
        AND tasks.task_id = :only AND tasks.lease_id = :former_lease
    """,
    of_sessions=_IS_ACTIVE,
    waits=True,  # it is asked for once: a task that is passed over would stay as it is
)
_LEFT = _taking(
    which=f"""
        {IS_QUEUED} AND tasks.reserved_for <> :taker AND tasks.reserved_until <= store_now()
    """,
    of_sessions=_IS_FREE,
    columns=_TO_RUNNING,
)
