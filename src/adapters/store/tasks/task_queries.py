"""What a principal can ask of the tasks."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select

from adapters.store.rows.prepared import Prepared
from adapters.store.rows.store_clock import micros
from adapters.store.rows.task_rows import driver_row, task_of
from adapters.store.schema.tables import tasks
from adapters.store.tasks.ascii_search import occurs
from domain.errors import TaskNotFound
from domain.ids import TaskId
from domain.principal import Principal
from domain.task import FINAL, Task
from ports.task_store import TaskQuery

_ONE = Prepared(
    lambda: select(tasks).where(
        tasks.c.tenant == bindparam("tenant"),
        tasks.c.owner == bindparam("owner"),
        tasks.c.deleted_at.is_(None),
        tasks.c.task_id == bindparam("of_task"),
    )
)


def find_task(connection: Connection, principal: Principal, task_id: TaskId) -> Task:
    values = {"tenant": principal.tenant, "owner": principal.owner, "of_task": task_id}
    for row in _ONE.rows(connection, values):
        return task_of(driver_row(row))
    raise TaskNotFound(f"there is no task {task_id}")


def find_tasks(connection: Connection, principal: Principal, query: TaskQuery) -> Sequence[Task]:
    rows = connection.execute(
        select(tasks)
        .where(belongs_to(principal), *_conditions(principal, query))
        .order_by(tasks.c.number.desc())
        .limit(query.limit)
    )
    return [task_of(row) for row in rows]


def belongs_to(principal: Principal) -> ColumnElement[bool]:
    return and_(
        tasks.c.tenant == principal.tenant,
        tasks.c.owner == principal.owner,
        tasks.c.deleted_at.is_(None),
    )


def _conditions(principal: Principal, query: TaskQuery) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.session_id is not None:
        found.append(tasks.c.session_id == query.session_id)
    if query.statuses:
        found.append(tasks.c.status.in_([status.value for status in query.statuses]))
        if FINAL.isdisjoint(query.statuses):
            # Implied by the one before, and lets a small index be used.
            found.append(tasks.c.finished_at.is_(None))
    if query.agent is not None:
        found.append(tasks.c.agent == query.agent)
    if query.since is not None:
        found.append(tasks.c.created_at >= micros(query.since))
    if query.until is not None:
        found.append(tasks.c.created_at < micros(query.until))
    if query.after is not None:
        found.append(tasks.c.number > query.after)
    if query.text:
        found.append(occurs(query.text, tasks.c.task))
    if query.before is not None:
        # Without correlation it would mean the row that is being asked about.
        edge = (
            select(tasks.c.number)
            .where(belongs_to(principal), tasks.c.task_id == query.before)
            .correlate(None)
        )
        found.append(tasks.c.number < edge.scalar_subquery())
    return found
