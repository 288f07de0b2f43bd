"""Approvals as rows, and their status, which also depends on their tasks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, case, exists, literal, or_, select

from adapters.store.rows.store_clock import moment, moment_or_none, store_now
from adapters.store.rows.task_rows import LIVE_STATUSES
from adapters.store.schema.tables import approvals, tasks
from domain.approval import ApprovalRequest, StoredApproval
from domain.ids import AgentName, ApprovalId, SessionId, SessionKey, TaskId
from domain.principal import Principal
from ports.approval_store import ApprovalQuery, NewApproval

_IS_WAITED_FOR = (
    exists()
    .where(
        tasks.c.task_id == approvals.c.task_id,
        tasks.c.deleted_at.is_(None),
        tasks.c.status.in_(LIVE_STATUSES),
    )
    .correlate(approvals)
)


@dataclass(frozen=True, slots=True)
class ApprovalTime:
    """The clock of approvals: the database's unless another time is given."""

    now: ColumnElement[int] = field(default_factory=store_now)
    ahead: timedelta = timedelta()
    """By how much the wall clock, which people see, is ahead of `now`."""


def is_answerable(now: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(approvals.c.status == "pending", approvals.c.expires_at > now, _IS_WAITED_FOR)


def columns_of(new: NewApproval) -> dict[str, object]:
    """Without the times, which are the store's."""
    task, request, decision = new.task, new.request, new.decision
    return {
        "approval_id": new.approval_id,
        "tenant": task.principal.tenant,
        "owner": task.principal.owner,
        "task_id": task.task_id,
        "session_id": task.session_id,
        "agent": task.agent,
        "call_id": request.call_id,
        "tool_name": request.tool_name,
        "arguments": json.dumps(request.arguments, allow_nan=False, default=str),
        "fingerprint": new.fingerprint,
        "reason": request.reason,
        "status": decision.decision if decision else "pending",
        "decided_by": decision.by if decision else None,
        "decided_reason": decision.reason if decision else None,
    }


def is_named(principal: Principal, approval_id: ApprovalId) -> ColumnElement[bool]:
    return and_(
        approvals.c.approval_id == approval_id,
        approvals.c.tenant == principal.tenant,
        approvals.c.owner == principal.owner,
    )


def shown(now: ColumnElement[int], *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *approvals.c,
            _status(now).label("shown_status"),
            tasks.c.session_key,
            tasks.c.principal_name,
            tasks.c.is_local,
        )
        .join(tasks, tasks.c.task_id == approvals.c.task_id)
        .where(tasks.c.deleted_at.is_(None), *conditions)
    )


def conditions(
    now: ColumnElement[int], principal: Principal, query: ApprovalQuery
) -> Sequence[ColumnElement[bool]]:
    found = [approvals.c.tenant == principal.tenant, approvals.c.owner == principal.owner]
    if query.status is not None:
        found.append(_status(now) == query.status)
    if query.status == "pending":
        # Implied by the condition before, and lets an index be used.
        found.append(approvals.c.status == query.status)
    if query.task_id is not None:
        found.append(approvals.c.task_id == query.task_id)
    if query.before is not None:
        found.append(approvals.c.approval_id < query.before)
    return found


def approval_of(row: Row[*tuple[Any, ...]], *, ahead: timedelta) -> StoredApproval:
    decided_at = moment_or_none(row.decided_at)
    return StoredApproval(
        approval_id=ApprovalId(row.approval_id),
        principal=Principal(
            tenant=row.tenant,
            owner=row.owner,
            name=row.principal_name,
            is_local=bool(row.is_local),
        ),
        task_id=TaskId(row.task_id),
        session_key=SessionKey(row.session_key),
        session_id=SessionId(row.session_id),
        agent=AgentName(row.agent),
        request=ApprovalRequest(
            call_id=row.call_id,
            tool_name=row.tool_name,
            arguments=json.loads(row.arguments),
            reason=row.reason,
        ),
        fingerprint=row.fingerprint,
        status=row.shown_status,
        created_at=moment(row.created_at) + ahead,
        expires_at=moment(row.expires_at) + ahead,
        decided_by=row.decided_by,
        decided_reason=row.decided_reason,
        decided_at=decided_at and decided_at + ahead,
    )


def _status(now: ColumnElement[int]) -> ColumnElement[str]:
    is_over = or_(approvals.c.expires_at <= now, tasks.c.status.not_in(LIVE_STATUSES))
    return case(
        (and_(approvals.c.status == "pending", is_over), literal("expired", String)),
        else_=approvals.c.status,
    )
