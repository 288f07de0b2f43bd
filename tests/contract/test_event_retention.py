"""What every retention of the log promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.events import AgentEvent
from domain.ids import SessionKey
from domain.principal import LOCAL
from domain.task import Task
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta
from ports.event_log import Bounds
from ports.event_retention import DeadSession, EndedTask, SessionName, Trimmed
from tests.contract.retention_store import MANY, RetentionStore, open_retention_store
from tests.contract.store_harness import AT, TALK

EVER = timedelta(days=365)
INSTANT = timedelta(microseconds=1)
AFTER_ALL = datetime(2100, 1, 1, tzinfo=UTC)


def name_of(key: SessionKey) -> SessionName:
    return SessionName(session_key=key, tenant=LOCAL.tenant, owner=LOCAL.owner, session_id=TALK)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[RetentionStore]:
    async with open_retention_store(store_url) as store:
        yield store


def end_of(task: Task) -> datetime:
    assert task.finished_at is not None
    return task.finished_at


async def test_a_log_whose_tasks_have_all_ended_can_go_whole(store: RetentionStore) -> None:
    task = await store.done()

    trimmed = await store.retention.trim(
        task.session_key, ended_before=end_of(task) + INSTANT, limit=MANY
    )

    assert (trimmed.events, trimmed.size > 200) == (4, True)
    assert await store.bounds(task) == Bounds(first_seq=5, last_seq=4)
    assert await store.harness.written(task.session_key) == []
    assert await store.harness.get(task) == task
    assert (await store.harness.sessions.get(LOCAL, TALK)).first_seq == 5


async def test_tasks_that_ended_at_the_cutoff_or_later_stay(store: RetentionStore) -> None:
    task = await store.done()

    trimmed = await store.retention.trim(task.session_key, ended_before=end_of(task), limit=MANY)

    assert trimmed == Trimmed(events=0, size=0)
    assert await store.bounds(task) == Bounds(first_seq=1, last_seq=4)


async def test_an_unfinished_task_keeps_its_events_and_all_that_follow(
    store: RetentionStore,
) -> None:
    claim = await store.harness.start()
    waiting = await store.harness.queue()
    await store.fill(claim, 2)
    await store.harness.end(claim)

    removed = await store.trim_all(waiting.session_key, ended_before=AFTER_ALL)

    assert removed == 1
    assert await store.bounds(waiting) == Bounds(first_seq=2, last_seq=5)
    assert await store.ids(ended_before=AFTER_ALL) == []


async def test_a_trim_goes_step_by_step(store: RetentionStore) -> None:
    task = await store.done(lines=8)

    steps = [
        (await store.retention.trim(task.session_key, ended_before=AFTER_ALL, limit=4)).events
        for _ in range(4)
    ]

    assert steps == [4, 4, 2, 0]
    assert await store.bounds(task) == Bounds(first_seq=11, last_seq=10)


async def test_between_two_steps_the_log_is_whole(store: RetentionStore) -> None:
    task = await store.done()

    await store.retention.trim(task.session_key, ended_before=AFTER_ALL, limit=2)

    assert await store.bounds(task) == Bounds(first_seq=3, last_seq=4)
    left = await store.harness.log.read(task.session_key, after=0, limit=10)
    assert [event.seq for event in left] == [3, 4]
    assert await store.harness.log.read(task.session_key, after=3, limit=10) == left[1:]
    assert await store.harness.log.tag_at(task.session_key, 2) is None
    assert await store.harness.log.tag_at(task.session_key, 3) == left[0].tag
    assert await store.harness.log.seq_before(task.session_key, AT - EVER) == 2
    assert await store.harness.log.seq_before(task.session_key, AT + EVER) == 4


async def test_the_numbers_go_on_after_a_trim(store: RetentionStore) -> None:
    task = await store.done()
    await store.trim_all(task.session_key, ended_before=AFTER_ALL)

    again = await store.harness.queue()

    assert again.first_seq == 5
    assert await store.harness.written(task.session_key) == [(5, "task_queued")]
    assert await store.bounds(task) == Bounds(first_seq=5, last_seq=5)


async def test_what_ended_first_is_the_oldest_wherever_it_stands(store: RetentionStore) -> None:
    first = await store.done("one")
    await store.moved_on()
    second = await store.done("two")
    await store.moved_on()
    third = await store.done("one")

    everything = await store.ids(ended_before=AFTER_ALL)
    await store.trim_all(first.session_key, ended_before=end_of(first) + INSTANT)

    assert everything == [first.task_id, second.task_id, third.task_id]
    assert await store.ids(ended_before=AFTER_ALL) == [second.task_id, third.task_id]
    assert await store.ids(ended_before=end_of(third)) == [second.task_id]
    assert await store.bounds(first) == Bounds(first_seq=5, last_seq=8)


async def test_the_oldest_tasks_are_listed_with_the_events_they_have_left(
    store: RetentionStore,
) -> None:
    task = await store.done()
    await store.retention.trim(task.session_key, ended_before=AFTER_ALL, limit=2)

    assert await store.retention.oldest(ended_before=AFTER_ALL, limit=1) == [
        EndedTask(
            task_id=task.task_id,
            session_key=task.session_key,
            session=name_of(task.session_key),
            ended_at=end_of(task),
            first_seq=3,
            last_seq=4,
        )
    ]


async def test_appends_go_on_beside_a_trim(store: RetentionStore) -> None:
    old = await store.done(lines=50)
    claim = await store.harness.start()

    async with asyncio.TaskGroup() as group:
        trimming = group.create_task(store.trim_all(old.session_key, ended_before=AFTER_ALL))
        for _ in range(20):
            group.create_task(store.fill(claim, 1))

    assert trimming.result() == 52
    left = await store.harness.log.read(old.session_key, after=0, limit=MANY)
    assert [event.seq for event in left] == list(range(53, 74))


async def test_compaction_empties_bodies_and_leaves_the_log_dense(store: RetentionStore) -> None:
    before, after = await store.compacted(*spoken("m", "one ", "two ", "three"))

    assert [(event.seq, event.tag, event.event_type) for event in after] == [
        (event.seq, event.tag, event.event_type) for event in before
    ]
    assert [event.seq for event in after if event.body == b""] == [2, 3, 4]
    assert [event.body for event in after[4:]] == [event.body for event in before[4:]]
    assert list(await store.retention.to_compact(ended_before=AFTER_ALL, limit=MANY)) == []


async def test_what_no_later_event_holds_is_never_emptied(store: RetentionStore) -> None:
    given_up = MessageDelta(message_id="void", text="Well, ")
    long = spoken("long", "x" * 200_000, "y" * 200_000)
    reasoned: list[AgentEvent] = [
        ThinkDelta(iteration=1, text="Hm, so."),
        ThinkComplete(iteration=1, content="So.", reasoning="Hm, so.", tool_call_count=0),
    ]

    before, after = await store.compacted(given_up, *long, *reasoned)

    emptied = [one.event_type for one in after if one.body == b""]
    assert emptied == ["think_delta"]
    texts = [store.harness.codec.decode(one) for one in after if one.event_type == "message_delta"]
    assert texts == [given_up, *long[:2]]
    assert len(before) == len(after)


async def test_only_events_of_the_task_itself_are_emptied(store: RetentionStore) -> None:
    mine, other = await store.done("one"), await store.done("one")
    [ended, _] = await store.retention.to_compact(ended_before=AFTER_ALL, limit=MANY)

    await store.retention.empty(ended, [mine.first_seq + 1, other.first_seq + 1, 404])

    left = await store.harness.log.read(mine.session_key, after=0, limit=MANY)
    assert [event.seq for event in left if event.body == b""] == [mine.first_seq + 1]


async def test_only_what_has_ended_long_enough_ago_is_to_be_compacted(
    store: RetentionStore,
) -> None:
    task = await store.done()
    await store.harness.start("running")

    early = await store.retention.to_compact(ended_before=end_of(task), limit=MANY)
    late = await store.retention.to_compact(ended_before=AFTER_ALL, limit=MANY)

    assert (list(early), [ended.task_id for ended in late]) == ([], [task.task_id])


async def test_the_size_goes_down_with_what_is_removed(store: RetentionStore) -> None:
    task = await store.done(lines=2000)
    before = await store.retention.size()

    await store.trim_all(task.session_key, ended_before=AFTER_ALL)

    assert before > 2000 * 100
    assert await store.retention.size() < before - 2000 * 100


async def test_a_deleted_session_is_dead_when_its_last_runner_has_stopped(
    store: RetentionStore,
) -> None:
    claim = await store.harness.start()
    await store.harness.sessions.delete(LOCAL, TALK)

    name = name_of(claim.task.session_key)
    early = (await store.retention.dead_sessions(limit=MANY), await store.retention.use_of(name))
    await store.harness.end(claim)
    late = (await store.retention.dead_sessions(limit=MANY), await store.retention.use_of(name))

    assert early == ([], "busy")
    assert late == ([DeadSession(session_key=claim.task.session_key, session=name)], "gone")
    assert await store.ids(ended_before=AFTER_ALL) == []
    assert await store.trim_all(claim.task.session_key, ended_before=AFTER_ALL) == 2


async def test_nothing_is_removed_from_a_session_that_there_is_not(store: RetentionStore) -> None:
    assert await store.trim_all(SessionKey(404), ended_before=AFTER_ALL) == 0


def spoken(message_id: str, *pieces: str) -> list[AgentEvent]:
    deltas = [MessageDelta(message_id=message_id, text=text) for text in pieces]
    return [*deltas, Message(message_id=message_id, role="assistant", content="".join(pieces))]
