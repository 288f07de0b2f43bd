"""What every session store promises."""

import asyncio
from dataclasses import replace

import pytest

from domain.errors import SessionExists, SessionNotFound
from domain.ids import SessionId, SessionKey
from domain.principal import LOCAL
from domain.task import CancelIntent, TaskStatus
from ports.session_store import DeletedSession, SessionEdit
from ports.task_queue import TaskWishes
from tests.contract.store_harness import ALICE, BOB, TALK, WORKER, StoreHarness

NOTHING = SessionEdit()


async def test_a_session_comes_back_as_it_was_made(harness: StoreHarness) -> None:
    edit = SessionEdit(title="Über uns", metadata={"team": ["a", 1]})

    made = await harness.sessions.create(ALICE, TALK, edit)

    assert (made.session_id, made.principal, made.status) == (TALK, ALICE, "idle")
    assert (made.first_seq, made.last_seq) == (1, 0)
    assert (made.title, made.metadata) == ("Über uns", {"team": ["a", 1]})
    assert await harness.sessions.get(ALICE, TALK) == made
    assert await harness.sessions.find_key(ALICE, TALK) == made.session_key


async def test_a_session_is_made_once(harness: StoreHarness) -> None:
    results = await asyncio.gather(
        *(harness.sessions.create(LOCAL, TALK, NOTHING) for _ in range(5)), return_exceptions=True
    )

    assert [isinstance(result, SessionExists) for result in results].count(False) == 1


async def test_two_owners_may_use_the_same_id_and_never_meet(harness: StoreHarness) -> None:
    one = await harness.sessions.create(ALICE, TALK, SessionEdit(title="hers"))
    other = await harness.sessions.create(BOB, TALK, SessionEdit(title="his"))

    assert one.session_key != other.session_key
    assert list(await harness.sessions.list(ALICE, limit=10)) == [one]
    assert list(await harness.sessions.list(BOB, limit=10)) == [other]


async def test_another_owners_session_is_not_found(harness: StoreHarness) -> None:
    made = await harness.sessions.create(ALICE, TALK, NOTHING)

    for stranger in (BOB, replace(ALICE, tenant="other")):
        assert await harness.sessions.find_key(stranger, TALK) is None
        assert list(await harness.sessions.list(stranger, limit=10)) == []
        assert list(await harness.sessions.owned(stranger, [made.session_key])) == []
        with pytest.raises(SessionNotFound):
            await harness.sessions.get(stranger, TALK)
        with pytest.raises(SessionNotFound):
            await harness.sessions.edit(stranger, TALK, SessionEdit(title="mine now"))
        with pytest.raises(SessionNotFound):
            await harness.sessions.delete(stranger, TALK)
    assert await harness.sessions.get(ALICE, TALK) == made


async def test_the_owned_are_picked_out_of_many_keys(harness: StoreHarness) -> None:
    mine = await harness.sessions.create(ALICE, TALK, NOTHING)
    theirs = await harness.sessions.create(BOB, TALK, NOTHING)

    keys = [mine.session_key, theirs.session_key, SessionKey(4711)]

    assert list(await harness.sessions.owned(ALICE, keys)) == [mine.session_key]


async def test_an_edit_leaves_alone_what_it_does_not_name(harness: StoreHarness) -> None:
    await harness.sessions.create(LOCAL, TALK, SessionEdit(title="old", metadata={"a": 1}))

    titled = await harness.sessions.edit(LOCAL, TALK, SessionEdit(title="new"))
    emptied = await harness.sessions.edit(LOCAL, TALK, SessionEdit(metadata={}))

    assert (titled.title, titled.metadata) == ("new", {"a": 1})
    assert (emptied.title, emptied.metadata) == ("new", {})
    assert await harness.sessions.get(LOCAL, TALK) == emptied


async def test_sessions_are_listed_newest_first_in_pages(harness: StoreHarness) -> None:
    names = [SessionId(f"talk-{number}") for number in range(5)]
    made = [await harness.sessions.create(LOCAL, name, NOTHING) for name in names]

    first = await harness.sessions.list(LOCAL, limit=3)
    rest = await harness.sessions.list(LOCAL, limit=3, before=first[-1].session_id)

    assert [*first, *rest] == made[::-1]
    assert list(await harness.sessions.list(LOCAL, limit=3, before=SessionId("unknown"))) == []


async def test_a_session_has_the_status_of_its_newest_task(harness: StoreHarness) -> None:
    empty = await harness.sessions.create(LOCAL, SessionId("empty"), NOTHING)
    await harness.ended()
    ended = await harness.sessions.get(LOCAL, TALK)
    await harness.queue()
    [queued, _] = await harness.sessions.list(LOCAL, limit=2)

    assert empty.last_task_status is None
    assert (ended.status, ended.last_task_status) == ("idle", TaskStatus.COMPLETED)
    assert (queued.session_id, queued.last_task_status) == (TALK, TaskStatus.QUEUED)


async def test_a_deleted_session_is_gone_and_its_id_is_free(harness: StoreHarness) -> None:
    queued = await harness.queue()

    deleted = await harness.sessions.delete(LOCAL, TALK)

    assert deleted == DeletedSession(session_key=queued.session_key, cancelled=1)
    with pytest.raises(SessionNotFound):
        await harness.sessions.get(LOCAL, TALK)
    with pytest.raises(SessionNotFound):
        await harness.sessions.delete(LOCAL, TALK)
    assert list(await harness.sessions.list(LOCAL, limit=5)) == []
    assert list(await harness.sessions.owned(LOCAL, [queued.session_key])) == []
    assert list(await harness.leases.claim(WORKER, limit=5, lease_s=30)) == []
    again = await harness.sessions.create(LOCAL, TALK, NOTHING)
    assert again.session_key != queued.session_key
    assert list(await harness.log.read(again.session_key, after=0, limit=5)) == []


async def test_the_live_task_of_a_deleted_session_gets_a_cancel(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.queue()

    deleted = await harness.sessions.delete(LOCAL, TALK)

    task_id = claim.task.task_id
    intent = CancelIntent(mode="graceful", reason="session_deleted", by="local")
    assert deleted == DeletedSession(session_key=claim.task.session_key, cancelled=1)
    assert await harness.leases.wishes(WORKER) == [TaskWishes(task_id=task_id, cancel=intent)]


async def test_a_purge_waits_for_the_last_runner(harness: StoreHarness) -> None:
    claim = await harness.start()
    kept = await harness.queue("kept")
    await harness.sessions.delete(LOCAL, TALK)

    early = await harness.sessions.purge()
    await harness.end(claim)
    late = await harness.sessions.purge()

    assert (early, late) == (0, 1)
    assert await harness.written(claim.task.session_key) == []
    assert await harness.get(kept) == kept


async def test_the_key_of_a_purged_session_is_not_used_again(harness: StoreHarness) -> None:
    first = await harness.sessions.create(LOCAL, TALK, NOTHING)
    await harness.sessions.delete(LOCAL, TALK)
    await harness.sessions.purge()

    again = await harness.sessions.create(LOCAL, TALK, NOTHING)

    assert again.session_key > first.session_key


async def test_keys_are_found_for_many_names_at_once(harness: StoreHarness) -> None:
    one, other = SessionId("one"), SessionId("other")
    made = [await harness.sessions.create(ALICE, name, NOTHING) for name in (one, other)]
    await harness.sessions.create(BOB, TALK, NOTHING)
    await harness.sessions.create(ALICE, SessionId("deleted"), NOTHING)
    await harness.sessions.delete(ALICE, SessionId("deleted"))
    unknown = [SessionId(f"unknown-{number}") for number in range(2500)]

    found = await harness.sessions.find_keys(
        ALICE, [one, TALK, *unknown, SessionId("deleted"), other]
    )

    assert found == {one: made[0].session_key, other: made[1].session_key}
    assert await harness.sessions.find_keys(ALICE, []) == {}


async def test_a_long_log_is_purged_whole(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.log.append(harness.lines(claim, *["line"] * 2500))
    await harness.end(claim)
    await harness.sessions.delete(LOCAL, TALK)

    assert await harness.sessions.purge() == 1
    assert await harness.written(claim.task.session_key) == []
    assert await harness.sessions.purge() == 0
