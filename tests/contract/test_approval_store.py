"""What every store of approvals promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from adapters.memory.asking import MemoryApprovalStore
from adapters.memory.database import MemoryDatabase
from adapters.store.asking.approval_store import SqlApprovalStore
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import ApprovalAnswered, ApprovalExpired, ApprovalNotFound
from domain.ids import ApprovalId, TaskId
from domain.principal import LOCAL, Principal
from domain.task import Task
from ports.approval_store import ApprovalQuery, ApprovalStore, NewApproval
from tests.contract.store_harness import BOB, TALK, StoreHarness
from tests.contract.stores import emptied_sql
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
class ApprovalHarness:
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
async def approvals(store_url: str) -> AsyncIterator[ApprovalHarness]:
    clock = FakeClock()
    if store_url == "memory":
        memory = MemoryDatabase(clock)
        harness = StoreHarness.in_memory(memory)
        yield ApprovalHarness(harness=harness, store=MemoryApprovalStore(memory), clock=clock)
        return
    is_shared = store_url.startswith("postgresql")
    async with emptied_sql(store_url) as (harness, sql):
        store = SqlApprovalStore(sql, clock=None if is_shared else clock)
        yield ApprovalHarness(harness=harness, store=store, clock=clock)


async def test_what_is_asked_is_pending_and_found_as_it_was_asked(
    approvals: ApprovalHarness,
) -> None:
    task = (await approvals.harness.start()).task

    asked = await approvals.ask(task, for_s=60)

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
    assert await approvals.store.get(LOCAL, asked.approval_id) == asked


@pytest.mark.parametrize("jump_s", [3600, -3600])
async def test_a_jump_of_this_machines_clock_ends_no_question(
    approvals: ApprovalHarness, jump_s: float
) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task, for_s=900)

    approvals.clock.jump(jump_s)

    assert await approvals.status(asked) == "pending"
    assert len(await approvals.ids(LOCAL, ApprovalQuery(status="pending"))) == 1
    decided = await approvals.store.decide(LOCAL, asked.approval_id, YES)
    assert decided.status == "approved"


@pytest.mark.parametrize("decision", [YES, NO])
async def test_an_answer_is_kept_with_who_gave_it(
    approvals: ApprovalHarness, decision: ApprovalDecision
) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task)

    decided = await approvals.store.decide(LOCAL, asked.approval_id, decision)

    assert decided.decision == decision
    assert decided == replace(
        asked,
        status=decision.decision,
        decided_by="ann",
        decided_reason=decision.reason,
        decided_at=decided.decided_at,
    )
    assert decided.decided_at is not None
    assert await approvals.store.get(LOCAL, asked.approval_id) == decided


async def test_a_second_answer_is_refused_and_changes_nothing(approvals: ApprovalHarness) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task)
    await approvals.store.decide(LOCAL, asked.approval_id, NO)

    with pytest.raises(ApprovalAnswered):
        await approvals.store.decide(LOCAL, asked.approval_id, YES)

    assert await approvals.status(asked) == "denied"


async def test_of_many_answers_at_once_one_counts(approvals: ApprovalHarness) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task)

    answers = await asyncio.gather(
        *(approvals.store.decide(LOCAL, asked.approval_id, YES) for _ in range(10)),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == [
        *["ApprovalAnswered"] * 9,
        "StoredApproval",
    ]


async def test_what_is_decided_when_it_is_asked_cannot_be_answered(
    approvals: ApprovalHarness,
) -> None:
    by_policy = ApprovalDecision(decision="approved", by="policy")

    asked = await approvals.ask((await approvals.harness.start()).task, decision=by_policy)

    assert asked.decision == by_policy
    assert asked.decided_at is not None
    with pytest.raises(ApprovalAnswered):
        await approvals.store.decide(LOCAL, asked.approval_id, NO)


async def test_after_its_time_it_is_expired_and_takes_no_answer(
    approvals: ApprovalHarness,
) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task, for_s=0)

    with pytest.raises(ApprovalExpired):
        await approvals.store.decide(LOCAL, asked.approval_id, YES)

    assert await approvals.status(asked) == "expired"
    assert await approvals.ids(LOCAL, ApprovalQuery(status="expired")) == [asked.approval_id]
    assert await approvals.ids(LOCAL, ApprovalQuery(status="pending")) == []


async def test_the_end_of_its_task_expires_what_is_pending(approvals: ApprovalHarness) -> None:
    claim = await approvals.harness.start()
    asked = await approvals.ask(claim.task)
    await approvals.harness.end(claim)

    with pytest.raises(ApprovalExpired):
        await approvals.store.decide(LOCAL, asked.approval_id, YES)

    assert await approvals.status(asked) == "expired"


async def test_what_is_withdrawn_is_expired_and_what_was_answered_stays(
    approvals: ApprovalHarness,
) -> None:
    task = (await approvals.harness.start()).task
    other = (await approvals.harness.start("other")).task
    answered, pending, others = [await approvals.ask(one) for one in (task, task, other)]
    await approvals.store.decide(LOCAL, answered.approval_id, YES)

    await approvals.store.withdraw(task.task_id)

    seen = [await approvals.status(one) for one in (answered, pending, others)]
    assert seen == ["approved", "expired", "pending"]
    with pytest.raises(ApprovalExpired):
        await approvals.store.decide(LOCAL, pending.approval_id, YES)


async def test_another_owners_approval_is_as_unknown_as_none(approvals: ApprovalHarness) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task)

    for principal, approval_id in ((BOB, asked.approval_id), (LOCAL, ApprovalId("none"))):
        with pytest.raises(ApprovalNotFound):
            await approvals.store.get(principal, approval_id)
        with pytest.raises(ApprovalNotFound):
            await approvals.store.decide(principal, approval_id, YES)

    assert await approvals.ids(BOB) == []
    assert await approvals.status(asked) == "pending"


async def test_with_its_session_it_is_gone(approvals: ApprovalHarness) -> None:
    asked = await approvals.ask((await approvals.harness.start()).task)
    await approvals.harness.sessions.delete(LOCAL, TALK)

    with pytest.raises(ApprovalNotFound):
        await approvals.store.get(LOCAL, asked.approval_id)
    with pytest.raises(ApprovalNotFound):
        await approvals.store.decide(LOCAL, asked.approval_id, YES)

    assert await approvals.ids(LOCAL) == []


async def test_the_list_is_newest_first_and_can_be_narrowed(approvals: ApprovalHarness) -> None:
    task, other = (
        (await approvals.harness.start()).task,
        (await approvals.harness.start("other")).task,
    )
    asked = [await approvals.ask(one) for one in (task, other, task)]
    by_id = sorted((one.approval_id for one in asked), reverse=True)
    await approvals.store.decide(LOCAL, asked[0].approval_id, YES)

    pending = await approvals.ids(LOCAL, ApprovalQuery(status="pending"))
    of_task = await approvals.ids(LOCAL, ApprovalQuery(task_id=other.task_id))
    unknown = await approvals.ids(LOCAL, ApprovalQuery(task_id=TaskId("none")))

    assert await approvals.ids(LOCAL) == by_id
    assert await approvals.ids(LOCAL, ApprovalQuery(limit=2)) == by_id[:2]
    assert await approvals.ids(LOCAL, ApprovalQuery(before=by_id[0])) == by_id[1:]
    assert pending == [one for one in by_id if one != asked[0].approval_id]
    assert (of_task, unknown) == ([asked[1].approval_id], [])
