"""What every store of approvals promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from adapters.memory.asking import MemoryApprovalStore
from adapters.memory.database import MemoryDatabase
from adapters.store.asking.approval_store import SqlApprovalStore
from adapters.store.log.event_log import SqlEventLog
from adapters.store.open_database import open_database
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import ApprovalAnswered, ApprovalExpired, ApprovalNotFound
from domain.ids import ApprovalId, TaskId
from domain.principal import LOCAL, Principal
from domain.task import Task
from ports.approval_store import ApprovalQuery, ApprovalStore, NewApproval
from tests.contract.postgres import emptied
from tests.contract.store_harness import BOB, TALK, StoreHarness
from tests.fakes import FakeClock

REQUEST = ApprovalRequest(
    call_id="call_1",
    tool_name="shell",
    arguments={"command": "rm -r x", "depth": [1, {"ä": None}], "nul": "\x00"},
    reason="it deletes",
)
YES = ApprovalDecision(decision="approved", by="ann")
NO = ApprovalDecision(decision="denied", by="ann", reason="not that one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    harness: StoreHarness
    store: ApprovalStore
    clock: FakeClock
    """This node's: where the database has one of its own, nothing depends on it."""

    async def ask(
        self,
        task: Task,
        *,
        request: ApprovalRequest = REQUEST,
        for_s: float = 900.0,
        decision: ApprovalDecision | None = None,
    ) -> StoredApproval:
        return await self.store.open(
            NewApproval(
                approval_id=self.harness.ids.approval_id(),
                task=task,
                request=request,
                fingerprint="f1",
                for_s=for_s,
                decision=decision,
            )
        )

    async def status(self, approval: StoredApproval) -> str:
        return (await self.store.get(approval.principal, approval.approval_id)).status

    async def ids(
        self, principal: Principal, query: ApprovalQuery | None = None
    ) -> list[ApprovalId]:
        found = await self.store.list(principal, query or ApprovalQuery())
        return [approval.approval_id for approval in found]


@pytest.fixture
async def desk(store_url: str) -> AsyncIterator[Desk]:
    clock = FakeClock()
    if store_url == "memory":
        memory = MemoryDatabase(clock)
        harness = StoreHarness.in_memory(memory)
        yield Desk(harness=harness, store=MemoryApprovalStore(memory), clock=clock)
        return
    if is_shared := store_url.startswith("postgresql"):
        await emptied(store_url)
    sql = open_database(store_url)
    log = SqlEventLog(sql)
    async with sql.opened(), log.opened():
        harness = StoreHarness.on_sql(sql, log)
        store = SqlApprovalStore(sql, clock=None if is_shared else clock)
        yield Desk(harness=harness, store=store, clock=clock)


async def test_what_is_asked_is_pending_and_found_as_it_was_asked(desk: Desk) -> None:
    task = (await desk.harness.start()).task

    asked = await desk.ask(task, for_s=60)

    assert asked == StoredApproval(
        approval_id=asked.approval_id,
        principal=LOCAL,
        task_id=task.task_id,
        session_key=task.session_key,
        session_id=TALK,
        agent=task.agent,
        request=REQUEST,
        fingerprint="f1",
        status="pending",
        created_at=asked.created_at,
        expires_at=asked.expires_at,
    )
    assert 59 < (asked.expires_at - asked.created_at).total_seconds() < 61
    assert asked.decision is None
    assert await desk.store.get(LOCAL, asked.approval_id) == asked


@pytest.mark.parametrize("jump_s", [3600, -3600])
async def test_a_jump_of_this_machines_clock_ends_no_question(desk: Desk, jump_s: float) -> None:
    asked = await desk.ask((await desk.harness.start()).task, for_s=900)

    desk.clock.jump(jump_s)

    assert await desk.status(asked) == "pending"
    assert len(await desk.ids(LOCAL, ApprovalQuery(status="pending"))) == 1
    decided = await desk.store.decide(LOCAL, asked.approval_id, YES)
    assert decided.status == "approved"


@pytest.mark.parametrize("decision", [YES, NO])
async def test_an_answer_is_kept_with_who_gave_it(desk: Desk, decision: ApprovalDecision) -> None:
    asked = await desk.ask((await desk.harness.start()).task)

    decided = await desk.store.decide(LOCAL, asked.approval_id, decision)

    assert decided.decision == decision
    assert decided == replace(
        asked,
        status=decision.decision,
        decided_by="ann",
        decided_reason=decision.reason,
        decided_at=decided.decided_at,
    )
    assert decided.decided_at is not None
    assert await desk.store.get(LOCAL, asked.approval_id) == decided


async def test_a_second_answer_is_refused_and_changes_nothing(desk: Desk) -> None:
    asked = await desk.ask((await desk.harness.start()).task)
    await desk.store.decide(LOCAL, asked.approval_id, NO)

    with pytest.raises(ApprovalAnswered):
        await desk.store.decide(LOCAL, asked.approval_id, YES)

    assert await desk.status(asked) == "denied"


async def test_of_many_answers_at_once_one_counts(desk: Desk) -> None:
    asked = await desk.ask((await desk.harness.start()).task)

    answers = await asyncio.gather(
        *(desk.store.decide(LOCAL, asked.approval_id, YES) for _ in range(10)),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == [
        *["ApprovalAnswered"] * 9,
        "StoredApproval",
    ]


async def test_what_is_decided_when_it_is_asked_cannot_be_answered(desk: Desk) -> None:
    by_policy = ApprovalDecision(decision="approved", by="policy")

    asked = await desk.ask((await desk.harness.start()).task, decision=by_policy)

    assert asked.decision == by_policy
    assert asked.decided_at is not None
    with pytest.raises(ApprovalAnswered):
        await desk.store.decide(LOCAL, asked.approval_id, NO)


async def test_after_its_time_it_is_expired_and_takes_no_answer(desk: Desk) -> None:
    asked = await desk.ask((await desk.harness.start()).task, for_s=0)

    with pytest.raises(ApprovalExpired):
        await desk.store.decide(LOCAL, asked.approval_id, YES)

    assert await desk.status(asked) == "expired"
    assert await desk.ids(LOCAL, ApprovalQuery(status="expired")) == [asked.approval_id]
    assert await desk.ids(LOCAL, ApprovalQuery(status="pending")) == []


async def test_the_end_of_its_task_expires_what_is_pending(desk: Desk) -> None:
    claim = await desk.harness.start()
    asked = await desk.ask(claim.task)
    await desk.harness.end(claim)

    with pytest.raises(ApprovalExpired):
        await desk.store.decide(LOCAL, asked.approval_id, YES)

    assert await desk.status(asked) == "expired"


async def test_what_is_withdrawn_is_expired_and_what_was_answered_stays(desk: Desk) -> None:
    task = (await desk.harness.start()).task
    other = (await desk.harness.start("other")).task
    answered, pending, others = [await desk.ask(one) for one in (task, task, other)]
    await desk.store.decide(LOCAL, answered.approval_id, YES)

    await desk.store.withdraw(task.task_id)

    seen = [await desk.status(one) for one in (answered, pending, others)]
    assert seen == ["approved", "expired", "pending"]
    with pytest.raises(ApprovalExpired):
        await desk.store.decide(LOCAL, pending.approval_id, YES)


async def test_another_owners_approval_is_as_unknown_as_none(desk: Desk) -> None:
    asked = await desk.ask((await desk.harness.start()).task)

    for principal, approval_id in ((BOB, asked.approval_id), (LOCAL, ApprovalId("none"))):
        with pytest.raises(ApprovalNotFound):
            await desk.store.get(principal, approval_id)
        with pytest.raises(ApprovalNotFound):
            await desk.store.decide(principal, approval_id, YES)

    assert await desk.ids(BOB) == []
    assert await desk.status(asked) == "pending"


async def test_with_its_session_it_is_gone(desk: Desk) -> None:
    asked = await desk.ask((await desk.harness.start()).task)
    await desk.harness.sessions.delete(LOCAL, TALK)

    with pytest.raises(ApprovalNotFound):
        await desk.store.get(LOCAL, asked.approval_id)
    with pytest.raises(ApprovalNotFound):
        await desk.store.decide(LOCAL, asked.approval_id, YES)

    assert await desk.ids(LOCAL) == []


async def test_the_list_is_newest_first_and_can_be_narrowed(desk: Desk) -> None:
    task, other = (await desk.harness.start()).task, (await desk.harness.start("other")).task
    asked = [await desk.ask(one) for one in (task, other, task)]
    by_id = sorted((one.approval_id for one in asked), reverse=True)
    await desk.store.decide(LOCAL, asked[0].approval_id, YES)

    pending = await desk.ids(LOCAL, ApprovalQuery(status="pending"))
    of_task = await desk.ids(LOCAL, ApprovalQuery(task_id=other.task_id))
    unknown = await desk.ids(LOCAL, ApprovalQuery(task_id=TaskId("none")))

    assert await desk.ids(LOCAL) == by_id
    assert await desk.ids(LOCAL, ApprovalQuery(limit=2)) == by_id[:2]
    assert await desk.ids(LOCAL, ApprovalQuery(before=by_id[0])) == by_id[1:]
    assert pending == [one for one in by_id if one != asked[0].approval_id]
    assert (of_task, unknown) == ([asked[1].approval_id], [])
