"""What an append does to the row of its task, and to the session's fence when the task ends."""

from sqlalchemy import BigInteger, Connection, Text, Update, bindparam, func, or_, update

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.store_clock import store_now
from adapters.store.rows.task_rows import json_or_none
from adapters.store.schema.tables import sessions, tasks
from domain.task import TaskStatus
from domain.task_change import TaskChange
from ports.event_log import Append


def _changing_to(status: TaskStatus) -> Prepared:
    return Prepared(lambda: _ending(status) if status.is_final else _moving_on(status))


def _ending(status: TaskStatus) -> Update:
    return _moving_on(status).values(
        reason=bindparam("why"),
        result=bindparam("outcome"),
        finished_at=store_now(),
        last_seq=bindparam("final_seq", type_=BigInteger),
        lease_id=None,
        lease_expires_at=None,
    )


def _moving_on(status: TaskStatus) -> Update:
    former = sorted(status.former)
    return (
        update(tasks)
        .where(
            tasks.c.task_id == bindparam("of_task"),
            or_(*(tasks.c.status == one.value for one in former)),
        )
        .values(
            status=status.value,
            usage=func.coalesce(bindparam("spent", type_=Text), tasks.c.usage),
        )
    )


_TO = {status: _changing_to(status) for status in TaskStatus}
_FREE = Prepared(
    lambda: (
        update(sessions)
        .where(sessions.c.key == bindparam("session"))
        .values(active_task=None, lease_id=None)
    )
)


def apply_change(connection: Connection, append: Append, last_seq: int) -> None:
    change = append.change
    if change is None:
        return
    _TO[change.status].run(connection, _values(append, change, last_seq))
    if change.status.is_final:
        _FREE.run(connection, {"session": append.session_key})


def _values(append: Append, change: TaskChange, last_seq: int) -> dict[str, object]:
    """Of these a statement takes those that it has a place for."""
    return {
        "of_task": append.task_id,
        "spent": json_or_none(change.usage),
        "why": change.reason,
        "outcome": json_or_none(change.result),
        "final_seq": last_seq,
    }
