"""A commit on PostgreSQL whose answer never comes takes effect exactly once, done or not."""

from collections.abc import AsyncIterator

import pytest

from domain.errors import SessionNotFound
from domain.principal import LOCAL
from ports.session_store import SessionEdit
from ports.task_store import IdempotencyKey, TaskQuery
from tests.contract.postgres import emptied
from tests.contract.scene import OTHER_WORKER, TALK, WORKER, Scene
from tests.contract.stores import sql_scene
from tests.unit.adapters.store.faulty_proxy import Cut, FaultyProxy

QUEUED, LOG = (1, "task_queued"), "log"


@pytest.fixture
async def proxy(postgres_url: str) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(await emptied(postgres_url))
    async with proxy.opened():
        yield proxy


@pytest.fixture
async def scene(proxy: FaultyProxy) -> AsyncIterator[Scene]:
    async with sql_scene(proxy.url) as scene:
        yield scene


@pytest.fixture(params=["before the commit", "after the commit"])
def cut(request: pytest.FixtureRequest) -> Cut:
    chosen: Cut = request.param
    return chosen


async def test_an_append(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await scene.start()
    proxy.cut = cut

    stored = await scene.log.append(scene.lines(claim, "a", "b"))
    following = await scene.log.append(scene.lines(claim, "c"))

    kept = await scene.log.read(claim.task.session_key, after=1, limit=10)
    assert kept == [*stored, *following]
    assert [event.seq for event in kept] == [2, 3, 4]


async def test_the_end_of_a_task(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await scene.start()
    proxy.cut = cut

    final = await scene.end(claim)

    assert (await scene.get(claim.task)).last_seq == final.seq == 2
    assert await scene.written(claim.task.session_key) == [QUEUED, (2, "task_complete")]


async def test_a_submission(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    key = IdempotencyKey(key="k", request_hash="h")
    proxy.cut = cut

    submission = await scene.submit(scene.new_task(), idempotency=key)

    assert not submission.is_repeat
    assert await scene.tasks.list(LOCAL, TaskQuery()) == [submission.task]
    assert await scene.written(submission.task.session_key) == [QUEUED]
    assert (await scene.submit(scene.new_task(), idempotency=key)).task == submission.task


async def test_a_claim(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    await scene.queue("one")
    await scene.queue("two")
    proxy.cut = cut

    claims = await scene.leases.claim(WORKER, limit=1, lease_s=30)

    assert [claim.task.attempt for claim in claims] == [1]
    assert list(await scene.leases.heartbeat(WORKER, lease_s=30)) == [claims[0].task.task_id]
    await scene.end(claims[0])


async def test_a_takeover(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    lost = await scene.start(lease_s=0)
    proxy.cut = cut

    [taken] = await scene.leases.claim_lost(OTHER_WORKER, lease_s=30)

    assert taken.task.task_id == lost.task.task_id
    await scene.end(taken)


async def test_a_requeue(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await scene.start()
    proxy.cut = cut

    await scene.leases.requeue(claim, attempt_spent=False)

    assert (await scene.get(claim.task)).attempt == 0
    assert (await scene.claim()).task.attempt == 1


async def test_a_cancellation(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    task = await scene.queue()
    proxy.cut = cut

    cancellation = await scene.cancel(task)

    assert [event.seq for event in cancellation.stored] == [2, 3]
    assert await scene.log.read(task.session_key, after=1, limit=9) == cancellation.stored


async def test_a_new_session(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    proxy.cut = cut

    made = await scene.sessions.create(LOCAL, TALK, SessionEdit(title="t"))

    assert await scene.sessions.list(LOCAL, limit=5) == [made]


async def test_a_deletion(scene: Scene, proxy: FaultyProxy, cut: Cut) -> None:
    claim = await scene.start()
    proxy.cut = cut

    deleted = await scene.sessions.delete(LOCAL, TALK)

    assert deleted.live_tasks == [claim.task.task_id]
    with pytest.raises(SessionNotFound):
        await scene.sessions.get(LOCAL, TALK)
