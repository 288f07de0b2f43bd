"""What became of a principal's tasks with each agent."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from adapters.store.rows.store_clock import moment
from adapters.store.schema.tables import tasks
from adapters.store.tasks.task_queries import belongs_to
from domain.ids import AgentName, TaskId
from domain.principal import Principal
from domain.task import LIVE, TaskStatus
from ports.task_store import AgentRecord, LastExit

Counts = Mapping[TaskStatus, int]


def find(
    connection: Connection, principal: Principal, agent: AgentName | None
) -> Mapping[AgentName, AgentRecord]:
    counts: dict[AgentName, dict[TaskStatus, int]] = defaultdict(dict)
    latest: dict[AgentName, int] = {}
    is_asked = and_(belongs_to(principal), tasks.c.status != TaskStatus.QUEUED.value)
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
        .where(belongs_to(principal), tasks.c.finished_at.in_(times))
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


def _record(counts: Counts, last_exit: LastExit | None) -> AgentRecord:
    return AgentRecord(
        live=sum(counts.get(status, 0) for status in LIVE),
        completed=counts.get(TaskStatus.COMPLETED, 0),
        failed=counts.get(TaskStatus.FAILED, 0),
        cancelled=counts.get(TaskStatus.CANCELLED, 0),
        interrupted=counts.get(TaskStatus.INTERRUPTED, 0),
        last_exit=last_exit,
    )
