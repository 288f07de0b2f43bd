"""What an append does to the row of its task, and to the session's fence when the task ends."""

from sqlalchemy import Connection, Text, bindparam, func, update

from adapters.store.store_clock import store_now
from adapters.store.tables import sessions, tasks
from adapters.store.task_rows import LIVE_STATUSES, json_or_none
from domain.task_change import TaskChange
from ports.event_log import Append

_LIVE_TASK = update(tasks).where(
    tasks.c.task_id == bindparam("of_task"), tasks.c.status.in_(LIVE_STATUSES)
)
_MOVE_ON = _LIVE_TASK.values(
    status=bindparam("to_status"),
    usage=func.coalesce(bindparam("spent", type_=Text), tasks.c.usage),
)
_END = _LIVE_TASK.values(
    status=bindparam("to_status"),
    usage=func.coalesce(bindparam("spent", type_=Text), tasks.c.usage),
    reason=bindparam("why"),
    result=bindparam("outcome"),
    finished_at=store_now(),
    last_seq=bindparam("final_seq"),
    lease_id=None,
    lease_expires_at=None,
)
_FREE = (
    update(sessions)
    .where(sessions.c.key == bindparam("session"))
    .values(active_task=None, lease_id=None)
)


def apply_change(connection: Connection, append: Append, last_seq: int) -> None:
    change = append.change
    if change is None:
        return
    if not change.status.is_final:
        connection.execute(_MOVE_ON, _shared_values(append, change))
        return
    connection.execute(
        _END,
        {
            **_shared_values(append, change),
            "why": change.reason,
            "outcome": json_or_none(change.result),
            "final_seq": last_seq,
        },
    )
    connection.execute(_FREE, {"session": append.session_key})


def _shared_values(append: Append, change: TaskChange) -> dict[str, object]:
    return {
        "of_task": append.task_id,
        "to_status": change.status.value,
        "spent": json_or_none(change.usage),
    }
