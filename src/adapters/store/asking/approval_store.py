"""Approvals on SQL."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, literal, select, update

from adapters.store.asking.approval_rows import (
    ApprovalTime,
    approval_of,
    columns_of,
    conditions,
    is_answerable,
    is_named,
    shown,
)
from adapters.store.database import Database
from adapters.store.rows.statement import insert_if_absent
from adapters.store.rows.store_clock import micros, seconds
from adapters.store.schema.tables import approvals
from adapters.system.clock import CheckedClock
from domain.approval import POLICY, ApprovalDecision, StoredApproval
from domain.errors import ApprovalAnswered, ApprovalExpired, ApprovalNotFound
from domain.ids import ApprovalId, TaskId
from domain.principal import Principal
from ports.approval_store import ApprovalQuery, NewApproval
from ports.clock import Clock


class SqlApprovalStore:
    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        """`clock` is for a database that has no clock but this machine's."""
        self._database = self.database = database
        self._clock = None if clock is None else CheckedClock(clock)

    async def open(self, new: NewApproval) -> StoredApproval:
        time = self._time()
        return await self._database.write(lambda c: _open(c, new, time))

    async def get(self, principal: Principal, approval_id: ApprovalId) -> StoredApproval:
        time = self._time()
        return await self._database.read(lambda c: _find(c, principal, approval_id, time))

    async def list(self, principal: Principal, query: ApprovalQuery) -> Sequence[StoredApproval]:
        time = self._time()
        statement = (
            shown(time.now, *conditions(time.now, principal, query))
            .order_by(approvals.c.approval_id.desc())
            .limit(query.limit)
        )
        return await self._database.read(
            lambda c: [approval_of(row, ahead=time.ahead) for row in c.execute(statement)]
        )

    async def decide(
        self, principal: Principal, approval_id: ApprovalId, decision: ApprovalDecision
    ) -> StoredApproval:
        time = self._time()
        return await self._database.write(
            lambda c: _decide(c, principal, approval_id, decision, time),
            was_done=lambda c, decided: _was_decided(c, decided, time),
        )

    async def withdraw(self, task_id: TaskId) -> None:
        statement = (
            update(approvals)
            .where(approvals.c.task_id == task_id, approvals.c.status == "pending")
            .values(status="expired", decided_by=POLICY, decided_at=self._time().now)
        )
        await self._database.write(lambda c: c.execute(statement).rowcount)

    def _time(self) -> ApprovalTime:
        if self._clock is None:
            return ApprovalTime()
        now = literal(micros(self._clock.now()), BigInteger)
        return ApprovalTime(now, self._clock.jumped)


def _open(connection: Connection, new: NewApproval, time: ApprovalTime) -> StoredApproval:
    """Repeated after a commit without an answer, it changes nothing."""
    connection.execute(
        insert_if_absent(approvals).values(
            **columns_of(new),
            created_at=time.now,
            expires_at=time.now + seconds(new.for_s),
            decided_at=time.now if new.decision else None,
        )
    )
    return _find(connection, new.task.principal, new.approval_id, time)


def _find(
    connection: Connection, principal: Principal, approval_id: ApprovalId, time: ApprovalTime
) -> StoredApproval:
    row = connection.execute(shown(time.now, is_named(principal, approval_id))).one_or_none()
    if row is None:
        raise ApprovalNotFound(f"there is no approval {approval_id}")
    return approval_of(row, ahead=time.ahead)


def _decide(
    connection: Connection,
    principal: Principal,
    approval_id: ApprovalId,
    decision: ApprovalDecision,
    time: ApprovalTime,
) -> StoredApproval:
    is_first = connection.execute(
        update(approvals)
        .where(is_named(principal, approval_id), is_answerable(time.now))
        .values(
            status=decision.decision,
            decided_by=decision.by,
            decided_reason=decision.reason,
            decided_at=time.now,
        )
    ).rowcount
    approval = _find(connection, principal, approval_id, time)
    if is_first:
        return approval
    if approval.status in ("approved", "denied"):
        raise ApprovalAnswered(f"it was {approval.status} before")
    raise ApprovalExpired("nobody waits for this answer any more")


def _was_decided(connection: Connection, decided: StoredApproval, time: ApprovalTime) -> bool:
    is_it = approvals.c.approval_id == decided.approval_id
    connection.execute(select(approvals.c.status).where(is_it).with_for_update())
    return _find(connection, decided.principal, decided.approval_id, time) == decided
