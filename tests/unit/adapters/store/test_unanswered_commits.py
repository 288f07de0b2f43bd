"""A commit on PostgreSQL whose answer never comes takes effect exactly once, done or not."""

from collections.abc import AsyncIterator

import pytest

from domain.errors import SessionNotFound
from domain.principal import LOCAL
from ports.session_store import SessionEdit
from ports.task_store import IdempotencyKey, TaskQuery
from tests.contract.postgres import emptied
from tests.contract.store_harness import OTHER_WORKER, TALK, WORKER, StoreHarness
from tests.contract.stores import sql_harness
from tests.unit.adapters.store.faulty_proxy import Cut, FaultyProxy

QUEUED, LOG = (1, "task_queued"), "log"


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(await emptied(postgres_url))
    async with proxy.opened():
        yield proxy


@pytest.fixture
async def harness(proxy: FaultyProxy) -> AsyncIterator[StoreHarness]:
    async with sql_harness(proxy.url) as harness:
        yield harness


@pytest.fixture(params=["before the commit", "after the commit"])
def cut(request: pytest.FixtureRequest) -> Cut:
    chosen: Cut = request.param
    return chosen


async def test_an_append(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await harness.start()
    proxy.cut = cut

    stored = await harness.log.append(harness.lines(claim, "a", "b"))
    following = await harness.log.append(harness.lines(claim, "c"))

    kept = await harness.log.read(claim.task.session_key, after=1, limit=10)
    assert kept == [*stored, *following]
    assert [event.seq for event in kept] == [2, 3, 4]


async def test_the_end_of_a_task(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await harness.start()
    proxy.cut = cut

    final = await harness.end(claim)

    assert (await harness.get(claim.task)).last_seq == final.seq == 2
    assert await harness.written(claim.task.session_key) == [QUEUED, (2, "task_complete")]


async def test_a_submission(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    key = IdempotencyKey(key="k", request_hash="h")
    proxy.cut = cut

    submission = await harness.submit(harness.new_task(), idempotency=key)

    assert not submission.is_repeat
    assert await harness.tasks.list(LOCAL, TaskQuery()) == [submission.task]
    assert await harness.written(submission.task.session_key) == [QUEUED]
    assert (await harness.submit(harness.new_task(), idempotency=key)).task == submission.task


async def test_a_claim(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    await harness.queue("one")
    await harness.queue("two")
    proxy.cut = cut

    claims = await harness.leases.claim(WORKER, limit=1, lease_s=30)

    assert [claim.task.attempt for claim in claims] == [1]
    assert list(await harness.leases.heartbeat(WORKER, lease_s=30)) == [claims[0].task.task_id]
    await harness.end(claims[0])


async def test_a_takeover(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    lost = await harness.start(lease_s=0)
    proxy.cut = cut

    [taken] = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)

    assert taken.task.task_id == lost.task.task_id
    await harness.end(taken)


async def test_a_requeue(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await harness.start()
    proxy.cut = cut

    await harness.leases.requeue(claim, attempt_spent=False)

    assert (await harness.get(claim.task)).attempt == 0
    assert (await harness.claim()).task.attempt == 1


async def test_a_cancellation(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    task = await harness.queue()
    proxy.cut = cut

    cancellation = await harness.cancel(task)

    assert [event.seq for event in cancellation.stored] == [2, 3]
    assert await harness.log.read(task.session_key, after=1, limit=9) == cancellation.stored


async def test_a_new_session(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    proxy.cut = cut

    made = await harness.sessions.create(LOCAL, TALK, SessionEdit(title="t"))

    assert await harness.sessions.list(LOCAL, limit=5) == [made]


async def test_a_deletion(harness: StoreHarness, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await harness.start()
    proxy.cut = cut

    deleted = await harness.sessions.delete(LOCAL, TALK)

    assert deleted.session_key == claim.task.session_key
    with pytest.raises(SessionNotFound):
        await harness.sessions.get(LOCAL, TALK)
