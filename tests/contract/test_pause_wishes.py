"""What every task store promises of the wish that a task should rest."""

import pytest

from domain.errors import TaskNotFound
from domain.principal import LOCAL
from domain.task import PauseWish
from ports.task_queue import TaskWishes
from tests.contract.scene import ALICE, BOB, OTHER_WORKER, WORKER, Scene


async def test_the_worker_of_a_task_sees_that_it_should_rest_and_that_it_should_not(
    scene: Scene,
) -> None:
    claim = await scene.start()
    task_id = claim.task.task_id

    rested = await scene.tasks.wish_pause(LOCAL, task_id, is_wanted=True)
    seen = await scene.leases.wishes(WORKER)
    await scene.tasks.wish_pause(LOCAL, task_id, is_wanted=False)

    assert rested.pause == PauseWish(is_wanted=True, by="local", number=1)
    assert seen == [TaskWishes(task_id=task_id, pause=rested.pause)]
    assert await scene.leases.wishes(WORKER) == [
        TaskWishes(task_id=task_id, pause=PauseWish(is_wanted=False, by="local", number=2))
    ]
    assert await scene.leases.wishes(OTHER_WORKER) == []


async def test_to_wish_the_same_again_changes_nothing(scene: Scene) -> None:
    claim = await scene.start()

    untouched = await scene.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=False)
    once = await scene.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True)
    twice = await scene.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True)

    assert untouched == claim.task
    assert twice == once


async def test_the_wish_outlives_the_attempt(scene: Scene) -> None:
    claim = await scene.start()
    await scene.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True)

    await scene.leases.requeue(claim, attempt_spent=True)

    queued = await scene.leases.wishes(WORKER)
    again = await scene.claim()
    assert queued == []
    assert again.task.pause == PauseWish(is_wanted=True, by="local", number=1)


async def test_an_ended_task_takes_no_wish(scene: Scene) -> None:
    claim = await scene.start()
    await scene.end(claim)
    ended = await scene.get(claim.task)

    assert await scene.tasks.wish_pause(LOCAL, claim.task.task_id, is_wanted=True) == ended


async def test_nobody_wishes_for_the_task_of_another(scene: Scene) -> None:
    task = await scene.queue(principal=ALICE)

    with pytest.raises(TaskNotFound):
        await scene.tasks.wish_pause(BOB, task.task_id, is_wanted=True)
