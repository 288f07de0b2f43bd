"""What every store promises of the leases on its tasks."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from domain.errors import LeaseLost
from domain.ids import TaskId, WorkerId
from domain.principal import LOCAL
from domain.task import TaskStatus
from ports.task_queue import Claim
from tests.contract.store_harness import OTHER_WORKER, TALK, WORKER, StoreHarness
from tests.contract.stores import OpenHarness
from tests.patience import PATIENCE_S


async def test_a_claimed_task_runs_under_the_lease_of_its_worker(harness: StoreHarness) -> None:
    queued = await harness.queue()

    claim = await harness.claim()

    assert claim.task == replace(
        queued,
        status=TaskStatus.RUNNING,
        attempt=1,
        worker_id=WORKER,
        started_at=claim.task.started_at,
    )
    assert claim.task.started_at is not None
    assert await harness.get(queued) == claim.task
    assert (await harness.sessions.get(LOCAL, TALK)).status == "running"


async def test_the_oldest_are_claimed_first_and_no_more_than_asked_for(
    harness: StoreHarness,
) -> None:
    tasks = [await harness.queue(f"talk-{number}") for number in range(3)]

    claims = await harness.leases.claim(WORKER, limit=2, lease_s=30)

    assert _ids(claims) == [task.task_id for task in tasks[:2]]


async def test_a_session_has_at_most_one_live_task(harness: StoreHarness) -> None:
    first, second = await harness.queue(), await harness.queue()

    claims = await harness.leases.claim(WORKER, limit=5, lease_s=30)
    none = await harness.leases.claim(OTHER_WORKER, limit=5, lease_s=30)
    by_name = await harness.leases.claim(WORKER, limit=5, lease_s=30, only=second.task_id)

    assert _ids(claims) == [first.task_id]
    assert (list(none), list(by_name)) == ([], [])


async def test_one_task_alone_can_be_claimed(harness: StoreHarness) -> None:
    await harness.queue("one")
    wanted = await harness.queue("two")

    claims = await harness.leases.claim(WORKER, limit=5, lease_s=30, only=wanted.task_id)

    assert _ids(claims) == [wanted.task_id]


async def test_nothing_is_claimed_of_an_empty_queue(harness: StoreHarness) -> None:
    assert list(await harness.leases.claim(WORKER, limit=5, lease_s=30)) == []


async def test_no_task_is_claimed_twice(
    two_harnesses: tuple[StoreHarness, StoreHarness],
) -> None:
    one, other = two_harnesses
    tasks = [await one.queue(f"talk-{number % 20}") for number in range(40)]
    claimed: list[TaskId] = []

    async def work(harness: StoreHarness, worker_id: WorkerId) -> None:
        while len(claimed) < len(tasks):
            claims = await harness.leases.claim(worker_id, limit=3, lease_s=30)
            claimed.extend(_ids(claims))
            for claim in claims:
                await harness.end(claim)

    with anyio.fail_after(PATIENCE_S):
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(work(one, WorkerId(f"one.{number}")))
                group.create_task(work(other, WorkerId(f"two.{number}")))

    assert sorted(claimed) == sorted(task.task_id for task in tasks)
    for number in range(20):
        key = tasks[number].session_key
        assert [seq for seq, _ in await one.written(key)] == [1, 2, 3, 4]


async def test_a_heartbeat_keeps_the_leases_of_its_worker_alone(harness: StoreHarness) -> None:
    mine = await harness.start("one", lease_s=0)
    await harness.queue("two")
    theirs = await harness.claim(OTHER_WORKER, lease_s=0)

    renewed = await harness.leases.heartbeat(WORKER, lease_s=30)
    lost = await harness.leases.claim_lost(WorkerId("three.1"), lease_s=30)

    assert renewed == {mine.task.task_id: mine.lease_id}
    assert _ids(lost) == [theirs.task.task_id]


async def test_a_task_that_was_taken_over_is_no_longer_leased_to_its_first_worker(
    harness: StoreHarness,
) -> None:
    await harness.start(lease_s=0)
    await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)

    assert list(await harness.leases.heartbeat(WORKER, lease_s=30)) == []


async def test_a_task_whose_lease_has_ended_is_taken_over_as_it_is(harness: StoreHarness) -> None:
    lost = await harness.start(lease_s=0)

    [taken] = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)

    assert taken.task == replace(lost.task, worker_id=OTHER_WORKER)
    assert taken.lease_id != lost.lease_id
    assert list(await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)) == []


async def test_a_worker_never_takes_over_its_own_tasks(harness: StoreHarness) -> None:
    await harness.start(lease_s=0)

    assert list(await harness.leases.claim_lost(WORKER, lease_s=30, of_instance="one")) == []


async def test_a_worker_can_claim_its_own_task_again_by_its_id(harness: StoreHarness) -> None:
    mine = await harness.start()

    again = await harness.leases.reclaim(
        WORKER, mine.task.task_id, lease_id=mine.lease_id, lease_s=30
    )

    assert again is not None
    assert (again.task, again.lease_id == mine.lease_id) == (mine.task, False)
    with pytest.raises(LeaseLost):
        await harness.log.append(harness.lines(mine, "late"))
    await harness.end(again)


async def test_a_task_of_another_worker_or_an_ended_one_cannot_be_claimed_again(
    harness: StoreHarness,
) -> None:
    mine = await harness.start()
    of_another = await harness.leases.reclaim(
        OTHER_WORKER, mine.task.task_id, lease_id=mine.lease_id, lease_s=30
    )
    await harness.end(mine)

    ended = await harness.leases.reclaim(
        WORKER, mine.task.task_id, lease_id=mine.lease_id, lease_s=30
    )

    assert (of_another, ended) == (None, None)


async def test_a_task_with_a_newer_lease_is_not_claimed_again_by_the_former_one(
    harness: StoreHarness,
) -> None:
    """A run that ends late must not take its task from the run that has it now."""
    late = await harness.start(lease_s=0)
    [taken] = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)
    await harness.leases.requeue(taken, attempt_spent=True)
    now = await harness.claim()

    again = await harness.leases.reclaim(
        WORKER, late.task.task_id, lease_id=late.lease_id, lease_s=30
    )

    assert again is None
    assert await harness.leases.heartbeat(WORKER, lease_s=30) == {now.task.task_id: now.lease_id}
    await harness.end(now)


async def test_a_valid_lease_is_taken_over_for_the_instance_named_alone(
    harness: StoreHarness,
) -> None:
    await harness.start("one")
    await harness.queue("two")
    heir = WorkerId("heir.1")
    dead = await harness.claim(WorkerId("node_1.7"))
    await harness.queue("three")
    await harness.claim(WorkerId("node_10.7"))
    await harness.queue("four")
    await harness.claim(WorkerId("NODE_1.7"))

    none = await harness.leases.claim_lost(heir, lease_s=30)
    taken = await harness.leases.claim_lost(heir, lease_s=30, of_instance="node_1")

    assert (list(none), _ids(taken)) == ([], [dead.task.task_id])


async def test_a_requeued_task_is_claimed_again_in_its_old_place(harness: StoreHarness) -> None:
    first = await harness.start()
    await harness.queue()

    await harness.leases.requeue(first, attempt_spent=True)

    queued = await harness.get(first.task)
    assert queued == replace(first.task, status=TaskStatus.QUEUED, worker_id=None)
    again = await harness.claim(OTHER_WORKER)
    assert again.task == replace(first.task, attempt=2, worker_id=OTHER_WORKER)


async def test_an_attempt_that_was_not_spent_does_not_count(harness: StoreHarness) -> None:
    claim = await harness.start()

    await harness.leases.requeue(claim, attempt_spent=False)

    assert (await harness.get(claim.task)).attempt == 0
    assert (await harness.claim()).task.attempt == 1


async def test_a_claim_has_whether_the_task_was_ever_started(harness: StoreHarness) -> None:
    await harness.queue()
    first = await harness.claim()
    await harness.leases.requeue(first, attempt_spent=False)

    again = await harness.claim()

    assert (first.is_first, again.is_first) == (True, False)


async def test_a_task_that_was_taken_over_cannot_be_requeued(harness: StoreHarness) -> None:
    late = await harness.start(lease_s=0)
    [taken] = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)

    with pytest.raises(LeaseLost):
        await harness.leases.requeue(late, attempt_spent=True)

    assert await harness.get(late.task) == taken.task


async def test_a_task_requeued_into_a_deleted_session_is_cancelled(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.sessions.delete(LOCAL, TALK)

    await harness.leases.requeue(claim, attempt_spent=True)

    assert list(await harness.leases.claim(WORKER, limit=5, lease_s=30)) == []
    assert await harness.sessions.purge() == 1


async def test_a_reserved_task_is_claimed_by_its_worker_alone(harness: StoreHarness) -> None:
    task = (await harness.submit(harness.new_task(), reserved_for=WORKER)).task

    none = await harness.leases.claim(OTHER_WORKER, limit=5, lease_s=30)
    named = await harness.leases.claim(OTHER_WORKER, limit=5, lease_s=30, only=task.task_id)
    early = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)
    claim = await harness.claim(WORKER)

    assert (list(none), list(named), list(early)) == ([], [], [])
    assert claim.task.task_id == task.task_id


async def test_a_reserved_task_that_was_never_claimed_is_handed_out_to_be_ended(
    open_harness: OpenHarness,
) -> None:
    async with open_harness(reserved_s=0) as harness:
        task = (await harness.submit(harness.new_task(), reserved_for=WORKER)).task

        own = await harness.leases.claim_lost(WORKER, lease_s=30)
        [left] = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)

        assert list(own) == []
        assert (left.task.task_id, left.task.status, left.task.attempt) == (
            task.task_id,
            "running",
            0,
        )
        assert list(await harness.leases.claim(WORKER, limit=5, lease_s=30)) == []
        await harness.end(left)


async def test_a_worker_that_is_alive_keeps_what_is_reserved_for_it(
    open_harness: OpenHarness,
) -> None:
    async with open_harness(reserved_s=0) as harness:
        await harness.submit(harness.new_task(), reserved_for=WORKER)

        await harness.leases.heartbeat(WORKER, lease_s=30)

        assert list(await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)) == []


async def test_a_cancelled_reserved_task_is_never_claimed(harness: StoreHarness) -> None:
    task = (await harness.submit(harness.new_task(), reserved_for=WORKER)).task

    await harness.cancel(task)

    assert list(await harness.leases.claim(WORKER, limit=5, lease_s=30)) == []


def _ids(claims: Sequence[Claim]) -> list[TaskId]:
    return [claim.task.task_id for claim in claims]
