"""Approvals on SQL."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from adapters.store.approval_rows import (
    IS_ANSWERABLE,
    approval_of,
    columns_of,
    conditions,
    is_named,
    shown,
)
from adapters.store.database import Database
from adapters.store.store_clock import seconds, store_now
from adapters.store.tables import approvals
from adapters.store.unless_there import insert_unless_there
from domain.approval import POLICY, ApprovalDecision, StoredApproval
from domain.errors import ApprovalAnswered, ApprovalExpired, ApprovalNotFound
from domain.ids import ApprovalId, TaskId
from domain.principal import Principal
from ports.approval_store import ApprovalQuery, NewApproval


class SqlApprovalStore:
    def __init__(self, database: Database) -> None:
        self._database = self.database = database

    async def open(self, new: NewApproval) -> StoredApproval:
        return await self._database.write(lambda c: _open(c, new))

    async def get(self, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
        return await self._database.read(lambda c: _find(c, principal, approval_id))

    async def list(self, principal: Principal, query: ApprovalQuery) -> Sequence[StoredApproval]:
        statement = (
            shown(*conditions(principal, query))
            .order_by(approvals.c.approval_id.desc())
            .limit(query.limit)
        )
        return await self._database.read(
            lambda c: [approval_of(row) for row in c.execute(statement)]
        )

    async def decide(
        self, principal: Principal, approval_id: ApprovalId, decision: ApprovalDecision
    ) -> StoredApproval:
        return await self._database.write(
            lambda c: _decide(c, principal, approval_id, decision), was_done=_was_decided
        )

    async def withdraw(self, task_id: TaskId) -> None:
        statement = (
            update(approvals)
            .where(approvals.c.task_id == task_id, approvals.c.status == "pending")
            .values(status="expired", decided_by=POLICY, decided_at=store_now())
        )
        await self._database.write(lambda c: c.execute(statement).rowcount)


def _open(connection: Connection, new: NewApproval) -> StoredApproval:
    """Nothing comes of being repeated after a commit without an answer."""
    connection.execute(
        insert_unless_there(approvals).values(
            **columns_of(new),
            created_at=store_now(),
            expires_at=store_now() + seconds(new.for_s),
            decided_at=store_now() if new.decision else None,
        )
    )
    return _find(connection, new.task.principal, new.approval_id)


def _find(connection: Connection, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
    row = connection.execute(shown(is_named(principal, approval_id))).one_or_none()
    if row is None:
        raise ApprovalNotFound(f"there is no approval {approval_id}")
    return approval_of(row)


def _decide(
    connection: Connection,
    principal: Principal,
    approval_id: ApprovalId,
    decision: ApprovalDecision,
) -> StoredApproval:
    is_first = connection.execute(
        update(approvals)
        .where(is_named(principal, approval_id), IS_ANSWERABLE)
        .values(
            status=decision.decision,
            decided_by=decision.by,
            decided_reason=decision.reason,
            decided_at=store_now(),
        )
    ).rowcount
    approval = _find(connection, principal, approval_id)
    if is_first:
        return approval
    if approval.status in ("approved", "denied"):
        raise ApprovalAnswered(f"it was {approval.status} before")
    raise ApprovalExpired("nobody waits for this answer any more")


def _was_decided(connection: Connection, decided: StoredApproval) -> bool:
    is_it = approvals.c.approval_id == decided.approval_id
    connection.execute(select(approvals.c.status).where(is_it).with_for_update())
    return _find(connection, decided.principal, decided.approval_id) == decided
