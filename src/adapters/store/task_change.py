"""What an append does to the row of its task, and to the session's fence when the task ends."""

from sqlalchemy import BigInteger, Connection, Text, bindparam, func, or_, update

from adapters.store.prepared import Prepared
from adapters.store.store_clock import store_now
from adapters.store.tables import sessions, tasks
from adapters.store.task_rows import LIVE_STATUSES, json_or_none
from domain.task_change import TaskChange
from ports.event_log import Append

_LIVE_TASK = (
    update(tasks)
    .where(
        tasks.c.task_id == bindparam("of_task"),
        or_(*(tasks.c.status == status for status in LIVE_STATUSES)),
    )
    .values(
        status=bindparam("to_status"),
        usage=func.coalesce(bindparam("spent", type_=Text), tasks.c.usage),
    )
)
_MOVE_ON = Prepared(lambda: _LIVE_TASK)
_END = Prepared(
    lambda: _LIVE_TASK.values(
        reason=bindparam("why"),
        result=bindparam("outcome"),
        finished_at=store_now(),
        last_seq=bindparam("final_seq", type_=BigInteger),
        lease_id=None,
        lease_expires_at=None,
    )
)
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
    values = _shared_values(append, change)
    if not change.status.is_final:
        _MOVE_ON.run(connection, values)
        return
    ended = {"why": change.reason, "outcome": json_or_none(change.result), "final_seq": last_seq}
    _END.run(connection, {**values, **ended})
    _FREE.run(connection, {"session": append.session_key})


def _shared_values(append: Append, change: TaskChange) -> dict[str, object]:
    return {
        "of_task": append.task_id,
        "to_status": change.status.value,
        "spent": json_or_none(change.usage),
    }
