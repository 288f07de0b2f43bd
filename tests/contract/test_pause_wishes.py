"""What every task store promises of the wish that a task should rest."""

import pytest

from domain.errors import TaskNotFound
from domain.principal import LOCAL
from domain.task import PauseWish
from ports.task_queue import TaskWishes
from tests.contract.store_harness import ALICE, BOB, OTHER_WORKER, WORKER, StoreHarness


async def test_the_worker_of_a_task_sees_that_it_should_rest_and_that_it_should_not(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()
    task_id = claim.task.task_id

    rested = await harness.tasks.wish_pause(LOCAL, task_id, is_wanted=True)
    seen = await harness.leases.wishes(WORKER)
    await harness.tasks.wish_pause(LOCAL, task_id, is_wanted=False)

    assert rested.pause == PauseWish(is_wanted=True, by="local", number=1)
    assert seen == [TaskWishes(task_id=task_id, pause=rested.pause)]
    assert await harness.leases.wishes(WORKER) == [
        TaskWishes(task_id=task_id, pause=PauseWish(is_wanted=False, by="local", number=2))
    ]
    assert await harness.leases.wishes(OTHER_WORKER) == []


async def test_repeating_a_wish_changes_nothing(harness: StoreHarness) -> None:
    claim = await harness.start()

    untouched = await harness.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=False)
    once = await harness.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True)
    twice = await harness.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True)

    assert untouched == claim.task
    assert twice == once


async def test_the_wish_outlives_the_attempt(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True)

    await harness.leases.requeue(claim, attempt_spent=True)

    queued = await harness.leases.wishes(WORKER)
    again = await harness.claim()
    assert queued == []
    assert again.task.pause == PauseWish(is_wanted=True, by="local", number=1)


async def test_an_ended_task_takes_no_wish(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.end(claim)
    ended = await harness.get(claim.task)

    assert await harness.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True) == ended


async def test_a_task_of_another_owner_cannot_be_paused(harness: StoreHarness) -> None:
    task = await harness.queue(principal=ALICE)

    with pytest.raises(TaskNotFound):
        await harness.tasks.wish_pause(BOB, task.task_id, is_wanted=True)
