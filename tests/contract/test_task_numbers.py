"""The order in which tasks were made: for those who look for the new ones."""

from dataclasses import replace

from domain.principal import LOCAL
from domain.task import TaskStatus
from ports.task_store import MadeTask, TaskQuery
from tests.contract.scene import ALICE, BOB, TALK, Scene


async def test_whoever_asks_for_tasks_after_a_number_gets_those_that_were_made_later(
    scene: Scene,
) -> None:
    first, second, third = [await scene.queue(name) for name in ("a", "b", "a")]

    later = await scene.tasks.list(LOCAL, TaskQuery(after=first.number))

    assert later == [third, second]
    assert 0 < first.number < second.number < third.number


async def test_what_is_new_is_told_with_whom_it_concerns_and_in_order(scene: Scene) -> None:
    hers = await scene.queue(principal=ALICE)
    his = await scene.queue(principal=BOB)

    made = await scene.tasks.made_after(hers.number - 1, limit=10)

    assert [replace(one, is_settled=True) for one in made] == [
        MadeTask(
            number=task.number,
            task_id=task.task_id,
            tenant="acme",
            owner=task.principal.owner,
            agent=task.agent,
            is_settled=True,
        )
        for task in (hers, his)
    ]
    assert [one.number for one in await scene.tasks.made_after(0, limit=1)] == [hers.number]
    assert await scene.tasks.made_after(his.number, limit=10) == []


async def test_what_is_settled_is_never_newer_than_what_was_made(scene: Scene) -> None:
    assert await scene.tasks.newest_settled(None) is None
    hers = await scene.queue(principal=ALICE)

    for principal in (None, ALICE):
        settled = await scene.tasks.newest_settled(principal)
        assert settled is None or settled.task_id == hers.task_id
    assert await scene.tasks.newest_settled(BOB) is None


async def test_a_number_stays_given_when_its_task_is_gone(scene: Scene) -> None:
    assert await scene.tasks.last_number() == 0
    kept = await scene.queue("kept")
    gone = await scene.queue("gone")
    assert await scene.tasks.id_at(gone.number) == gone.task_id

    await scene.sessions.delete(LOCAL, gone.session_id)
    await scene.sessions.purge()

    assert await scene.tasks.id_at(gone.number) is None
    assert await scene.tasks.id_at(kept.number) == kept.task_id
    assert await scene.tasks.last_number() == gone.number


async def test_unfinished_tasks_are_found_among_those_that_ended(scene: Scene) -> None:
    claim = await scene.start()
    await scene.end(claim)
    queued = await scene.queue(TALK)

    found = await scene.tasks.list(LOCAL, TaskQuery(statuses=[TaskStatus.QUEUED]))

    assert found == [queued]
