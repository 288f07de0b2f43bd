"""What every task store promises about tasks that are submitted, cancelled and looked up."""

import asyncio
from dataclasses import replace

import pytest

from domain.errors import IdempotencyKeyReused, SessionBusy, TaskNotFound
from domain.extraction import ExtractionRule
from domain.ids import TaskId
from domain.limits import Limits
from domain.principal import LOCAL
from domain.task import CancelIntent
from domain.task_events import CancelMode, TaskComplete, TaskQueued
from domain.usage import Usage
from ports.task_queue import TaskWishes
from ports.task_store import IdempotencyKey, TaskQuery
from tests.contract.scene import ALICE, BOB, TALK, WORKER, Scene

RULES = (
    ExtractionRule(
        name="coverage",
        pattern=r"(?P<value>[\d.]+)% von \d+ Prüfungen",
        types=(("value", "number"),),
        ignore_case=True,
        every_match=False,
    ),
    ExtractionRule(name="cost", json_path="$.total_cost_usd"),
)
KEY = IdempotencyKey(key="k-1", request_hash="one")


async def test_a_submitted_task_comes_back_as_it_was_given(scene: Scene) -> None:
    given = replace(
        scene.new_task(principal=ALICE, text="find äll"),
        limits=Limits(timeout_s=1.5, tokens=10),
        metadata={"ticket": 7, "tags": ["a"]},
        on_disconnect="cancel",
        approval="ask",
        workspace="/srv/w",
        model="llama-ä",
        retry_of=TaskId("task_before"),
        rules=RULES,
    )

    submission = await scene.submit(given)

    task = submission.task
    assert not submission.is_repeat
    assert task == replace(
        given,
        session_key=task.session_key,
        created_at=task.created_at,
        first_seq=1,
        number=task.number,
    )
    assert await scene.get(task) == task
    assert [event.seq for event in submission.stored] == [1]
    assert await scene.written(task.session_key) == [(1, "task_queued")]


async def test_the_first_task_makes_its_session_and_the_next_one_uses_it(scene: Scene) -> None:
    first, second = await scene.queue(), await scene.queue()

    session = await scene.sessions.get(LOCAL, TALK)

    assert first.session_key == second.session_key == session.session_key
    assert (first.first_seq, second.first_seq, session.last_seq) == (1, 2, 2)


async def test_a_task_is_queued_with_its_position_among_those_of_its_session_that_wait(
    scene: Scene,
) -> None:
    running = await scene.start("one")
    submitted = [await scene.submit(scene.new_task(name)) for name in ("one", "one", "two", "one")]
    await scene.cancel(submitted[0].task)
    submitted += [await scene.submit(scene.new_task("one"))]
    await scene.end(running)

    events = [scene.codec.decode(one) for submission in submitted for one in submission.stored]

    assert [event.position for event in events if isinstance(event, TaskQueued)] == [1, 2, 1, 3, 3]


async def test_a_hundred_submissions_with_one_key_make_one_task(scene: Scene) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = [
            group.create_task(scene.submit(scene.new_task(), idempotency=KEY)) for _ in range(100)
        ]

    submissions = [each.result() for each in waiting]
    assert len({submission.task.task_id for submission in submissions}) == 1
    assert [submission.is_repeat for submission in submissions].count(False) == 1
    assert all(not submission.stored for submission in submissions if submission.is_repeat)
    assert len(await scene.tasks.list(LOCAL, TaskQuery())) == 1
    assert await scene.written(submissions[0].task.session_key) == [(1, "task_queued")]


async def test_a_key_used_with_another_request_is_refused(scene: Scene) -> None:
    await scene.submit(scene.new_task(), idempotency=KEY)

    with pytest.raises(IdempotencyKeyReused):
        await scene.submit(
            scene.new_task(), idempotency=IdempotencyKey(key="k-1", request_hash="other")
        )

    assert len(await scene.tasks.list(LOCAL, TaskQuery())) == 1


async def test_fifty_retries_at_once_make_one_task(scene: Scene) -> None:
    first = await scene.ended()
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(scene.submit(scene.retry_of(first))) for _ in range(50)]

    submissions = [each.result() for each in waiting]
    [made] = [submission for submission in submissions if not submission.is_repeat]
    assert {submission.task.task_id for submission in submissions} == {made.task.task_id}
    assert made.task.retry_of == first.task_id
    assert len(await scene.tasks.list(LOCAL, TaskQuery())) == 2


async def test_the_task_that_retries_is_the_answer_until_it_has_ended(scene: Scene) -> None:
    first, other = await scene.ended(), await scene.ended()
    retrying = (await scene.submit(scene.retry_of(first))).task
    claim = await scene.claim()

    again = await scene.submit(scene.retry_of(first))
    of_another = await scene.submit(scene.retry_of(other))
    await scene.end(claim)
    afterwards = await scene.submit(scene.retry_of(first))

    assert (again.task.task_id, again.is_repeat) == (retrying.task_id, True)
    assert not of_another.is_repeat
    assert not afterwards.is_repeat


async def test_a_key_stays_with_the_retry_that_it_was_answered_with(scene: Scene) -> None:
    first = await scene.ended()
    retrying = (await scene.submit(scene.retry_of(first))).task
    answered = await scene.submit(scene.retry_of(first), idempotency=KEY)
    await scene.end(await scene.claim())

    later = await scene.submit(scene.retry_of(first), idempotency=KEY)

    assert answered.task.task_id == later.task.task_id == retrying.task_id
    assert later.is_repeat


async def test_a_retry_is_one_again_where_its_session_was_deleted(scene: Scene) -> None:
    first = await scene.ended()
    gone = (await scene.submit(scene.retry_of(first))).task
    await scene.sessions.delete(LOCAL, TALK)

    anew = await scene.submit(scene.retry_of(first))

    assert not anew.is_repeat
    assert anew.task.session_key != gone.session_key


async def test_two_owners_may_use_the_same_key(scene: Scene) -> None:
    one = await scene.submit(scene.new_task(principal=ALICE), idempotency=KEY)
    other = await scene.submit(scene.new_task(principal=BOB), idempotency=KEY)

    assert not one.is_repeat
    assert not other.is_repeat


async def test_a_submission_that_will_not_wait_is_refused_by_a_busy_session(
    scene: Scene,
) -> None:
    claim = await scene.start()

    with pytest.raises(SessionBusy):
        await scene.submit(scene.new_task(), on_busy="reject", idempotency=KEY)

    assert await scene.written(claim.task.session_key) == [(1, "task_queued")]
    await scene.end(claim)
    assert not (await scene.submit(scene.new_task(), on_busy="reject", idempotency=KEY)).is_repeat


async def test_of_two_that_will_not_wait_one_gets_the_session(scene: Scene) -> None:
    results = await asyncio.gather(
        *(scene.submit(scene.new_task(), on_busy="reject") for _ in range(10)),
        return_exceptions=True,
    )

    assert [isinstance(result, SessionBusy) for result in results].count(False) == 1


async def test_cancelling_a_queued_task_ends_it_at_once(scene: Scene) -> None:
    running = await scene.start()
    queued = await scene.queue()

    cancellation = await scene.cancel(queued)

    task = cancellation.task
    assert (task.status, task.reason, task.last_seq) == ("cancelled", "user", 4)
    assert task.finished_at is not None
    assert task == await scene.get(queued)
    assert [event.event_type for event in cancellation.stored] == [
        "cancel_requested",
        "task_cancelled",
    ]
    await scene.end(running)
    assert await scene.leases.claim(WORKER, limit=5, lease_s=30) == []


async def test_cancelling_a_live_task_is_seen_by_its_worker(scene: Scene) -> None:
    claim = await scene.start()

    cancellation = await scene.cancel(claim.task)

    intent = CancelIntent(mode="graceful", reason="user", by="local")
    assert cancellation.task == replace(claim.task, cancel=intent)
    assert [event.event_type for event in cancellation.stored] == ["cancel_requested"]
    assert await scene.leases.wishes(WORKER) == [
        TaskWishes(task_id=claim.task.task_id, cancel=intent)
    ]


async def test_kill_replaces_graceful_and_nothing_replaces_kill(scene: Scene) -> None:
    claim = await scene.start()

    modes: list[CancelMode] = ["graceful", "graceful", "kill", "graceful", "kill"]
    written = [len((await scene.cancel(claim.task, mode=mode)).stored) for mode in modes]

    assert written == [1, 0, 1, 0, 0]
    intent = CancelIntent(mode="kill", reason="user", by="local")
    assert await scene.leases.wishes(WORKER) == [
        TaskWishes(task_id=claim.task.task_id, cancel=intent)
    ]


async def test_cancelling_an_ended_task_changes_nothing(scene: Scene) -> None:
    claim = await scene.start()
    await scene.end(claim)
    ended = await scene.get(claim.task)

    cancellation = await scene.cancel(claim.task)

    assert (cancellation.task, list(cancellation.stored)) == (ended, [])
    assert await scene.leases.wishes(WORKER) == []


async def test_the_usage_of_an_ended_task_is_kept(scene: Scene) -> None:
    claim = await scene.start()
    usage = Usage(input_tokens=3, output_tokens=4, total_tokens=7, cost_usd=0.25)

    await scene.log.append(
        scene.changing(claim, TaskComplete(final_answer="ok", duration_ms=1, usage=usage))
    )

    assert (await scene.get(claim.task)).usage == usage


async def test_a_task_of_another_owner_is_not_found(scene: Scene) -> None:
    task = await scene.queue(principal=ALICE)

    with pytest.raises(TaskNotFound):
        await scene.tasks.get(BOB, task.task_id)
    with pytest.raises(TaskNotFound):
        await scene.cancel(task, principal=BOB)

    assert await scene.tasks.list(BOB, TaskQuery()) == []
    assert await scene.get(task) == task


async def test_another_tenant_is_another_owner(scene: Scene) -> None:
    task = await scene.queue(principal=ALICE)
    namesake = replace(ALICE, tenant="other")

    with pytest.raises(TaskNotFound):
        await scene.tasks.get(namesake, task.task_id)

    assert await scene.tasks.list(namesake, TaskQuery()) == []


async def test_the_tasks_of_a_deleted_session_are_not_found(scene: Scene) -> None:
    task = await scene.queue()
    await scene.sessions.delete(LOCAL, TALK)

    with pytest.raises(TaskNotFound):
        await scene.get(task)

    assert await scene.tasks.list(LOCAL, TaskQuery()) == []
