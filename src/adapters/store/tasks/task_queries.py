"""What a principal can ask of the tasks."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    and_,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from adapters.store.rows.statement import Statement
from adapters.store.rows.store_clock import micros, moment
from adapters.store.rows.task_rows import TASK_COLUMNS, driver_row, task_of
from adapters.store.schema.tables import tasks
from domain.errors import TaskNotFound
from domain.ids import AgentName, TaskId
from domain.principal import Principal
from domain.task import FINAL, LIVE, Task, TaskStatus
from ports.task_store import AgentRecord, LastExit, TaskQuery

_ONE = Statement(f"""
    SELECT {TASK_COLUMNS} FROM tasks
    WHERE tenant = :tenant AND owner = :owner AND deleted_at IS NULL AND task_id = :of_task
""")


def find_task(connection: Connection, principal: Principal, task_id: TaskId) -> Task:
    values = {"tenant": principal.tenant, "owner": principal.owner, "of_task": task_id}
    for row in _ONE.rows(connection, values):
        return task_of(driver_row(row))
    raise TaskNotFound(f"there is no task {task_id}")


def find_tasks(connection: Connection, principal: Principal, query: TaskQuery) -> Sequence[Task]:
    rows = connection.execute(
        select(tasks)
        .where(_belongs_to(principal), *_conditions(principal, query))
        .order_by(tasks.c.number.desc())
        .limit(query.limit)
    )
    return [task_of(row) for row in rows]


def agent_records(
    connection: Connection, principal: Principal, agent: AgentName | None
) -> Mapping[AgentName, AgentRecord]:
    counts: dict[AgentName, dict[TaskStatus, int]] = defaultdict(dict)
    latest: dict[AgentName, int] = {}
    is_asked = and_(_belongs_to(principal), tasks.c.status != TaskStatus.QUEUED.value)
    if agent is not None:
        is_asked = and_(is_asked, tasks.c.agent == agent)
    query = (
        select(tasks.c.agent, tasks.c.status, func.count(), func.max(tasks.c.finished_at))
        .where(is_asked)
        .group_by(tasks.c.agent, tasks.c.status)
    )
    for name, status, count, finished_at in connection.execute(query):
        counts[name][TaskStatus(status)] = count
        latest[name] = max(latest.get(name, 0), finished_at or 0)
    exits = _last_exits(connection, principal, latest)
    return {name: _record(found, exits.get(name)) for name, found in counts.items()}


def _last_exits(
    connection: Connection, principal: Principal, latest: Mapping[AgentName, int]
) -> Mapping[AgentName, LastExit]:
    """Found by their times, for which there is an index; the newest of those that tie."""
    times: Collection[int] = {at for at in latest.values() if at}
    query = (
        select(tasks.c.agent, tasks.c.task_id, tasks.c.status, tasks.c.finished_at, tasks.c.result)
        .where(_belongs_to(principal), tasks.c.finished_at.in_(times))
        .order_by(tasks.c.number)
    )
    rows = connection.execute(query) if times else ()
    return {
        AgentName(row.agent): _last_exit(row)
        for row in rows
        if row.finished_at == latest.get(AgentName(row.agent))
    }


def _last_exit(row: Row[*tuple[Any, ...]]) -> LastExit:
    return LastExit(
        task_id=TaskId(row.task_id),
        status=TaskStatus(row.status),
        finished_at=moment(row.finished_at),
        exit_code=json.loads(row.result).get("exit_code") if row.result else None,
    )


def _record(counts: Mapping[TaskStatus, int], last_exit: LastExit | None) -> AgentRecord:
    return AgentRecord(
        live=sum(counts.get(status, 0) for status in LIVE),
        completed=counts.get(TaskStatus.COMPLETED, 0),
        failed=counts.get(TaskStatus.FAILED, 0),
        cancelled=counts.get(TaskStatus.CANCELLED, 0),
        interrupted=counts.get(TaskStatus.INTERRUPTED, 0),
        last_exit=last_exit,
    )


def _belongs_to(principal: Principal) -> ColumnElement[bool]:
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
        found.append(_occurs(query.text, tasks.c.task))
    if query.before is not None:
        # Without correlation it would mean the row that is being asked about.
        edge = (
            select(tasks.c.number)
            .where(_belongs_to(principal), tasks.c.task_id == query.before)
            .correlate(None)
        )
        found.append(tasks.c.number < edge.scalar_subquery())
    return found


class place_of(FunctionElement[int]):
    """Where in the first text the second one begins; 0 if it does not occur."""

    type = Integer()
    inherit_cache = True


def _occurs(needle: str, column: ColumnElement[str]) -> ColumnElement[bool]:
    return place_of(column, needle) > 0


@compiles(place_of, "sqlite")
def _sqlite(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    text, needle = _parts(element, compiler, options)
    return f"instr(lower({text}), lower({needle}))"


@compiles(place_of, "postgresql")
def _postgres(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    # The collation keeps `lower` to ASCII, as SQLite's does by nature.
    text, needle = _parts(element, compiler, options)
    return f'strpos(lower({text} COLLATE "C"), lower({needle} COLLATE "C"))'


def _parts(element: place_of, compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(clause, **options) for clause in element.clauses]
