"""What every task feed promises of the order in which tasks were made."""

from dataclasses import replace

from domain.principal import LOCAL
from ports.task_feed import MadeTask
from tests.contract.store_harness import ALICE, BOB, StoreHarness


async def test_new_tasks_are_returned_in_order_with_their_owner_and_agent(
    harness: StoreHarness,
) -> None:
    hers = await harness.queue(principal=ALICE)
    his = await harness.queue(principal=BOB)

    made = await harness.feed.made_after(hers.number - 1, limit=10)

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
    assert [one.number for one in await harness.feed.made_after(0, limit=1)] == [hers.number]
    assert await harness.feed.made_after(his.number, limit=10) == []


async def test_what_is_settled_is_never_newer_than_what_was_made(harness: StoreHarness) -> None:
    assert await harness.feed.newest_settled(None) is None
    hers = await harness.queue(principal=ALICE)

    for principal in (None, ALICE):
        settled = await harness.feed.newest_settled(principal)
        assert settled is None or settled.task_id == hers.task_id
    assert await harness.feed.newest_settled(BOB) is None


async def test_the_number_of_a_deleted_task_is_not_used_again(harness: StoreHarness) -> None:
    assert await harness.feed.last_number() == 0
    kept = await harness.queue("kept")
    gone = await harness.queue("gone")
    assert await harness.feed.id_at(gone.number) == gone.task_id

    await harness.sessions.delete(LOCAL, gone.session_id)
    await harness.sessions.purge()

    assert await harness.feed.id_at(gone.number) is None
    assert await harness.feed.id_at(kept.number) == kept.task_id
    assert await harness.feed.last_number() == gone.number
