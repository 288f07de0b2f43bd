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
from tests.contract.store_harness import ALICE, BOB, TALK, WORKER, StoreHarness

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


async def test_a_submitted_task_is_stored_unchanged(harness: StoreHarness) -> None:
    given = replace(
        harness.new_task(principal=ALICE, text="find äll"),
        limits=Limits(timeout_s=1.5, tokens=10),
        metadata={"ticket": 7, "tags": ["a"]},
        on_disconnect="cancel",
        approval="ask",
        workspace="/srv/w",
        model="llama-ä",
        retry_of=TaskId("task_before"),
        rules=RULES,
    )

    submission = await harness.submit(given)

    task = submission.task
    assert not submission.is_repeat
    assert task == replace(
        given,
        session_key=task.session_key,
        created_at=task.created_at,
        first_seq=1,
        number=task.number,
    )
    assert await harness.get(task) == task
    assert [event.seq for event in submission.stored] == [1]
    assert await harness.written(task.session_key) == [(1, "task_queued")]


async def test_the_first_task_makes_its_session_and_the_next_one_uses_it(
    harness: StoreHarness,
) -> None:
    first, second = await harness.queue(), await harness.queue()

    session = await harness.sessions.get(LOCAL, TALK)

    assert first.session_key == second.session_key == session.session_key
    assert (first.first_seq, second.first_seq, session.last_seq) == (1, 2, 2)


async def test_a_task_is_queued_with_its_position_among_those_of_its_session_that_wait(
    harness: StoreHarness,
) -> None:
    running = await harness.start("one")
    submitted = [
        await harness.submit(harness.new_task(name)) for name in ("one", "one", "two", "one")
    ]
    await harness.cancel(submitted[0].task)
    submitted += [await harness.submit(harness.new_task("one"))]
    await harness.end(running)

    events = [harness.codec.decode(one) for submission in submitted for one in submission.stored]

    assert [event.position for event in events if isinstance(event, TaskQueued)] == [1, 2, 1, 3, 3]


async def test_a_hundred_submissions_with_one_key_make_one_task(harness: StoreHarness) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = [
            group.create_task(harness.submit(harness.new_task(), idempotency=KEY))
            for _ in range(100)
        ]

    submissions = [each.result() for each in waiting]
    assert len({submission.task.task_id for submission in submissions}) == 1
    assert [submission.is_repeat for submission in submissions].count(False) == 1
    assert all(not submission.stored for submission in submissions if submission.is_repeat)
    assert len(await harness.tasks.list(LOCAL, TaskQuery())) == 1
    assert await harness.written(submissions[0].task.session_key) == [(1, "task_queued")]


async def test_a_key_used_with_another_request_is_refused(harness: StoreHarness) -> None:
    await harness.submit(harness.new_task(), idempotency=KEY)

    with pytest.raises(IdempotencyKeyReused):
        await harness.submit(
            harness.new_task(), idempotency=IdempotencyKey(key="k-1", request_hash="other")
        )

    assert len(await harness.tasks.list(LOCAL, TaskQuery())) == 1


async def test_fifty_retries_at_once_make_one_task(harness: StoreHarness) -> None:
    first = await harness.ended()
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(harness.submit(harness.retry_of(first))) for _ in range(50)]

    submissions = [each.result() for each in waiting]
    [made] = [submission for submission in submissions if not submission.is_repeat]
    assert {submission.task.task_id for submission in submissions} == {made.task.task_id}
    assert made.task.retry_of == first.task_id
    assert len(await harness.tasks.list(LOCAL, TaskQuery())) == 2


async def test_the_task_that_retries_is_the_answer_until_it_has_ended(
    harness: StoreHarness,
) -> None:
    first, other = await harness.ended(), await harness.ended()
    retrying = (await harness.submit(harness.retry_of(first))).task
    claim = await harness.claim()

    again = await harness.submit(harness.retry_of(first))
    of_another = await harness.submit(harness.retry_of(other))
    await harness.end(claim)
    afterwards = await harness.submit(harness.retry_of(first))

    assert (again.task.task_id, again.is_repeat) == (retrying.task_id, True)
    assert not of_another.is_repeat
    assert not afterwards.is_repeat


async def test_a_key_stays_with_the_retry_that_it_was_answered_with(harness: StoreHarness) -> None:
    first = await harness.ended()
    retrying = (await harness.submit(harness.retry_of(first))).task
    answered = await harness.submit(harness.retry_of(first), idempotency=KEY)
    await harness.end(await harness.claim())

    later = await harness.submit(harness.retry_of(first), idempotency=KEY)

    assert answered.task.task_id == later.task.task_id == retrying.task_id
    assert later.is_repeat


async def test_a_retry_is_one_again_where_its_session_was_deleted(harness: StoreHarness) -> None:
    first = await harness.ended()
    gone = (await harness.submit(harness.retry_of(first))).task
    await harness.sessions.delete(LOCAL, TALK)

    retry = await harness.submit(harness.retry_of(first))

    assert not retry.is_repeat
    assert retry.task.session_key != gone.session_key


async def test_two_owners_may_use_the_same_key(harness: StoreHarness) -> None:
    one = await harness.submit(harness.new_task(principal=ALICE), idempotency=KEY)
    other = await harness.submit(harness.new_task(principal=BOB), idempotency=KEY)

    assert not one.is_repeat
    assert not other.is_repeat


async def test_a_submission_that_will_not_wait_is_refused_by_a_busy_session(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()

    with pytest.raises(SessionBusy):
        await harness.submit(harness.new_task(), on_busy="reject", idempotency=KEY)

    assert await harness.written(claim.task.session_key) == [(1, "task_queued")]
    await harness.end(claim)
    assert not (
        await harness.submit(harness.new_task(), on_busy="reject", idempotency=KEY)
    ).is_repeat


async def test_of_two_that_will_not_wait_one_gets_the_session(harness: StoreHarness) -> None:
    results = await asyncio.gather(
        *(harness.submit(harness.new_task(), on_busy="reject") for _ in range(10)),
        return_exceptions=True,
    )

    assert [isinstance(result, SessionBusy) for result in results].count(False) == 1


async def test_cancelling_a_queued_task_ends_it_at_once(harness: StoreHarness) -> None:
    running = await harness.start()
    queued = await harness.queue()

    cancellation = await harness.cancel(queued)

    task = cancellation.task
    assert (task.status, task.reason, task.last_seq) == ("cancelled", "user", 4)
    assert task.finished_at is not None
    assert task == await harness.get(queued)
    assert [event.event_type for event in cancellation.stored] == [
        "cancel_requested",
        "task_cancelled",
    ]
    await harness.end(running)
    assert await harness.leases.claim(WORKER, limit=5, lease_s=30) == []


async def test_cancelling_a_live_task_is_seen_by_its_worker(harness: StoreHarness) -> None:
    claim = await harness.start()

    cancellation = await harness.cancel(claim.task)

    intent = CancelIntent(mode="graceful", reason="user", by="local")
    assert cancellation.task == replace(claim.task, cancel=intent)
    assert [event.event_type for event in cancellation.stored] == ["cancel_requested"]
    assert await harness.leases.wishes(WORKER) == [
        TaskWishes(task_id=claim.task.task_id, cancel=intent)
    ]


async def test_kill_replaces_graceful_and_nothing_replaces_kill(harness: StoreHarness) -> None:
    claim = await harness.start()

    modes: list[CancelMode] = ["graceful", "graceful", "kill", "graceful", "kill"]
    written = [len((await harness.cancel(claim.task, mode=mode)).stored) for mode in modes]

    assert written == [1, 0, 1, 0, 0]
    intent = CancelIntent(mode="kill", reason="user", by="local")
    assert await harness.leases.wishes(WORKER) == [
        TaskWishes(task_id=claim.task.task_id, cancel=intent)
    ]


async def test_cancelling_an_ended_task_changes_nothing(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.end(claim)
    ended = await harness.get(claim.task)

    cancellation = await harness.cancel(claim.task)

    assert (cancellation.task, list(cancellation.stored)) == (ended, [])
    assert await harness.leases.wishes(WORKER) == []


async def test_the_usage_of_an_ended_task_is_kept(harness: StoreHarness) -> None:
    claim = await harness.start()
    usage = Usage(input_tokens=3, output_tokens=4, total_tokens=7, cost_usd=0.25)

    await harness.log.append(
        harness.changing(claim, TaskComplete(final_answer="ok", duration_ms=1, usage=usage))
    )

    assert (await harness.get(claim.task)).usage == usage


async def test_a_task_of_another_owner_is_not_found(harness: StoreHarness) -> None:
    task = await harness.queue(principal=ALICE)

    with pytest.raises(TaskNotFound):
        await harness.tasks.get(BOB, task.task_id)
    with pytest.raises(TaskNotFound):
        await harness.cancel(task, principal=BOB)

    assert await harness.tasks.list(BOB, TaskQuery()) == []
    assert await harness.get(task) == task


async def test_another_tenant_is_another_owner(harness: StoreHarness) -> None:
    task = await harness.queue(principal=ALICE)
    namesake = replace(ALICE, tenant="other")

    with pytest.raises(TaskNotFound):
        await harness.tasks.get(namesake, task.task_id)

    assert await harness.tasks.list(namesake, TaskQuery()) == []


async def test_the_tasks_of_a_deleted_session_are_not_found(harness: StoreHarness) -> None:
    task = await harness.queue()
    await harness.sessions.delete(LOCAL, TALK)

    with pytest.raises(TaskNotFound):
        await harness.get(task)

    assert await harness.tasks.list(LOCAL, TaskQuery()) == []
