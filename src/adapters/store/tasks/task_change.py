"""What an append does to the row of its task, and to the session's fence when the task ends."""

from sqlalchemy import Connection

from adapters.store.rows.statement import Statement
from adapters.store.rows.task_rows import json_or_none, statuses_sql
from domain.task import TaskStatus
from domain.task_change import TaskChange
from ports.event_log import Append


def _change_to(status: TaskStatus) -> Statement:
    """Changes nothing unless the task may come to that status from the one that it has."""
    return Statement(f"""
        UPDATE tasks
        SET status = '{status.value}', usage = coalesce(:spent, usage)
            {_WITH_ITS_END if status.is_final else ""}
        WHERE task_id = :of_task AND status IN ({statuses_sql(status.former)})
    """)


_WITH_ITS_END = """
            , reason = :why, result = :outcome, finished_at = store_now(), last_seq = :final_seq,
            lease_id = NULL, lease_expires_at = NULL
"""
_TO = {status: _change_to(status) for status in TaskStatus}
_FREE = Statement("""
    UPDATE sessions SET active_task = NULL, lease_id = NULL
    WHERE key = :session
""")


def apply_change(connection: Connection, append: Append, last_seq: int) -> None:
    change = append.change
    if change is None:
        return
    _TO[change.status].run(connection, _values(append, change, last_seq))
    if change.status.is_final:
        _FREE.run(connection, {"session": append.session_key})


def _values(append: Append, change: TaskChange, last_seq: int) -> dict[str, object]:
    """A statement uses those of them that it names."""
    return {
        "of_task": append.task_id,
        "spent": json_or_none(change.usage),
        "why": change.reason,
        "outcome": json_or_none(change.result),
        "final_seq": last_seq,
    }
