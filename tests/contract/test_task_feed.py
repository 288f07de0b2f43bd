"""What every task feed promises of the order in which tasks were made."""

from dataclasses import replace

from domain.principal import LOCAL
from ports.task_feed import MadeTask
from tests.contract.scene import ALICE, BOB, Scene


async def test_new_tasks_are_returned_in_order_with_their_owner_and_agent(scene: Scene) -> None:
    hers = await scene.queue(principal=ALICE)
    his = await scene.queue(principal=BOB)

    made = await scene.feed.made_after(hers.number - 1, limit=10)

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
    assert [one.number for one in await scene.feed.made_after(0, limit=1)] == [hers.number]
    assert await scene.feed.made_after(his.number, limit=10) == []


async def test_what_is_settled_is_never_newer_than_what_was_made(scene: Scene) -> None:
    assert await scene.feed.newest_settled(None) is None
    hers = await scene.queue(principal=ALICE)

    for principal in (None, ALICE):
        settled = await scene.feed.newest_settled(principal)
        assert settled is None or settled.task_id == hers.task_id
    assert await scene.feed.newest_settled(BOB) is None


async def test_a_number_stays_given_when_its_task_is_gone(scene: Scene) -> None:
    assert await scene.feed.last_number() == 0
    kept = await scene.queue("kept")
    gone = await scene.queue("gone")
    assert await scene.feed.id_at(gone.number) == gone.task_id

    await scene.sessions.delete(LOCAL, gone.session_id)
    await scene.sessions.purge()

    assert await scene.feed.id_at(gone.number) is None
    assert await scene.feed.id_at(kept.number) == kept.task_id
    assert await scene.feed.last_number() == gone.number
