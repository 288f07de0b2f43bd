"""What is wanted of tasks while they are carried out: that they end, rest, or go on."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, or_, select, update

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.task_rows import LIVE_STATUSES, pause_column, pause_of_column, task_of
from adapters.store.schema.tables import tasks
from adapters.store.tasks.task_queries import find_task
from domain.ids import TaskId, WorkerId
from domain.pause_wish import next_wish
from domain.principal import Principal
from domain.task import CancelIntent, Task
from ports.task_store import TaskWishes

_WISHES = Prepared(
    lambda: select(
        tasks.c.task_id,
        tasks.c.cancel_mode,
        tasks.c.cancel_reason,
        tasks.c.cancel_by,
        tasks.c.pause_wish,
    ).where(
        tasks.c.finished_at.is_(None),
        tasks.c.worker_id == bindparam("worker"),
        or_(*(tasks.c.status == status for status in LIVE_STATUSES)),
        or_(tasks.c.cancel_mode.is_not(None), tasks.c.pause_wish.is_not(None)),
    )
)


def wish_pause(
    connection: Connection, principal: Principal, task_id: TaskId, *, is_wanted: bool
) -> Task:
    """Once more it finds what it wants there already, and changes nothing."""
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


def wishes_for(connection: Connection, worker_id: WorkerId) -> Sequence[TaskWishes]:
    return [
        TaskWishes(
            task_id=TaskId(task_id),
            cancel=CancelIntent(mode=mode, reason=reason, by=by) if mode else None,
            pause=pause_of_column(wish),
        )
        for task_id, mode, reason, by, wish in _WISHES.rows(connection, {"worker": worker_id})
    ]
