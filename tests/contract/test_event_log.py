"""What every event log promises."""

import asyncio
from datetime import timedelta

import anyio
import pytest

from domain.errors import LeaseLost
from domain.ids import SessionKey
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task_events import TaskFailed, TaskPaused
from domain.tool_events import InputReceived, InputRequired
from ports.event_log import Bounds, Recorded, StoredEvent
from tests.contract.store_harness import AT, COMPLETE, OTHER_WORKER, TALK, StoreHarness, with_lease
from tests.patience import PATIENCE_S


async def test_events_get_the_next_seqs_in_the_order_of_their_appends(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()

    first = await harness.log.append(harness.lines(claim, "a", "b"))
    second = await harness.log.append(harness.lines(claim, "c"))

    assert [event.seq for event in [*first, *second]] == [2, 3, 4]
    assert await harness.log.read(claim.task.session_key, after=1, limit=10) == [*first, *second]


async def test_the_body_is_the_json_with_its_seq(harness: StoreHarness) -> None:
    claim = await harness.start()
    append = harness.lines(claim, "hällo")

    [stored] = await harness.log.append(append)

    assert stored == append.events[0].at_seq(2)
    assert stored.body.startswith(b'{"event_type":"log","seq":2,')


async def test_many_runners_append_at_once_and_each_session_stays_dense(
    harness: StoreHarness,
) -> None:
    claims = [await harness.start(f"talk-{number}") for number in range(8)]

    async with asyncio.TaskGroup() as group:
        for line in range(20):
            for claim in claims:
                group.create_task(harness.log.append(harness.lines(claim, f"{line:02}", "more")))

    for claim in claims:
        stored = await harness.log.read(claim.task.session_key, after=1, limit=100)
        decoded = [harness.codec.decode(event) for event in stored]
        lines = [event.line for event in decoded if isinstance(event, Log)]
        assert [event.seq for event in stored] == list(range(2, 42))
        assert lines[::2] == [f"{n:02}" for n in range(20)]


async def test_the_newest_events_are_listed_without_their_bodies(harness: StoreHarness) -> None:
    claim = await harness.start()
    moments = [AT + timedelta(seconds=second) for second in (1, 2, 2)]
    for number, at in enumerate(moments):
        await harness.log.append(harness.lines(claim, str(number), at=at))
    key, task = claim.task.session_key, claim.task

    newest = await harness.log.newest(key, below=4, limit=2)
    others = await harness.log.newest(key, below=2, limit=100)

    assert newest == [
        Recorded(3, moments[1], "log", task.task_id, task.agent, True),
        Recorded(2, moments[0], "log", task.task_id, task.agent, True),
    ]
    assert [(one.seq, one.event_type) for one in others] == [(1, "task_queued")]
    assert await harness.log.newest(key, below=1, limit=5) == []
    assert await harness.log.newest(SessionKey(999_999), below=100, limit=5) in ([], ())


async def test_an_append_with_another_lease_is_refused_and_writes_nothing(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()

    with pytest.raises(LeaseLost):
        await harness.log.append(with_lease(harness.lines(claim, "late"), "lease_of_nobody"))

    assert await harness.written(claim.task.session_key) == [(1, "task_queued")]


async def test_a_runner_whose_task_was_taken_over_can_write_no_more(harness: StoreHarness) -> None:
    late = await harness.start(lease_s=0)
    [taken] = await harness.leases.claim_lost(OTHER_WORKER, lease_s=30)

    with pytest.raises(LeaseLost):
        await harness.log.append(harness.changing(late, COMPLETE))
    await harness.log.append(harness.lines(taken, "mine"))

    assert await harness.written(late.task.session_key) == [(1, "task_queued"), (2, "log")]


async def test_a_lost_lease_harms_no_append_beside_it(harness: StoreHarness) -> None:
    one, other = await harness.start("one"), await harness.start("other")

    results = await asyncio.gather(
        harness.log.append(harness.lines(one, "a")),
        harness.log.append(with_lease(harness.lines(one, "x"), "lease_of_nobody")),
        harness.log.append(harness.lines(other, "b")),
        harness.log.append(harness.lines(one, "c")),
        return_exceptions=True,
    )

    assert isinstance(results[1], LeaseLost)
    assert await harness.written(one.task.session_key) == [
        (1, "task_queued"),
        (2, "log"),
        (3, "log"),
    ]
    assert await harness.written(other.task.session_key) == [(1, "task_queued"), (2, "log")]


async def test_a_final_event_ends_the_task_and_frees_the_session(harness: StoreHarness) -> None:
    claim = await harness.start()
    following = await harness.queue()

    final = await harness.end(claim)

    ended = await harness.get(claim.task)
    assert (ended.status, ended.last_seq) == ("completed", final.seq)
    assert ended.finished_at is not None
    assert ended.result is not None and ended.result.final_answer == "done"
    assert (await harness.claim()).task.task_id == following.task_id


async def test_nothing_of_a_task_follows_its_final_event(harness: StoreHarness) -> None:
    claim = await harness.start()

    results = await asyncio.gather(
        harness.log.append(harness.changing(claim, COMPLETE)),
        harness.log.append(harness.lines(claim, "too late")),
        return_exceptions=True,
    )

    assert isinstance(results[1], LeaseLost)
    assert await harness.written(claim.task.session_key) == [
        (1, "task_queued"),
        (2, "task_complete"),
    ]


async def test_a_failure_keeps_its_reason(harness: StoreHarness) -> None:
    claim = await harness.start()
    failed = TaskFailed(error="no", reason="exit_code", duration_ms=1, exit_code=3)

    await harness.log.append(harness.changing(claim, failed))

    ended = await harness.get(claim.task)
    assert (ended.status, ended.reason) == ("failed", "exit_code")
    assert ended.result is not None and ended.result.exit_code == 3


async def test_a_task_that_waits_shows_it_until_it_goes_on(harness: StoreHarness) -> None:
    claim = await harness.start()

    await harness.log.append(harness.changing(claim, InputRequired(prompt="?")))
    waiting = (
        (await harness.get(claim.task)).status,
        (await harness.sessions.get(LOCAL, TALK)).status,
    )
    await harness.log.append(harness.changing(claim, InputReceived(kind="message", by="me")))
    running = (
        (await harness.get(claim.task)).status,
        (await harness.sessions.get(LOCAL, TALK)).status,
    )

    assert waiting == ("waiting", "waiting")
    assert running == ("running", "running")


async def test_a_status_that_may_not_follow_leaves_the_task_as_it_is(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()

    await harness.log.append(harness.changing(claim, TaskPaused(reason="user")))
    await harness.log.append(harness.changing(claim, InputRequired(prompt="?")))

    assert (await harness.get(claim.task)).status == "paused"


async def test_an_append_whose_caller_is_gone_is_stored_all_the_same(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()
    given_up = asyncio.ensure_future(harness.log.append(harness.lines(claim, "given up")))
    await asyncio.sleep(0)

    given_up.cancel()
    await harness.log.append(harness.lines(claim, "next"))

    written = await harness.written(claim.task.session_key)
    assert written == [(1, "task_queued"), (2, "log"), (3, "log")]


async def test_a_long_log_is_read_in_pages(harness: StoreHarness) -> None:
    claim = await harness.start()
    stored = await harness.log.append(harness.lines(claim, *map(str, range(3_000))))
    key = claim.task.session_key

    pages: list[StoredEvent] = []
    with anyio.fail_after(PATIENCE_S):
        while page := await harness.log.read(key, after=pages[-1].seq if pages else 1, limit=700):
            pages.extend(page)

    assert pages == list(stored)


async def test_events_of_some_types_are_found_among_many_others(harness: StoreHarness) -> None:
    other = await harness.start("other")
    await harness.end(other)
    claim = await harness.start()
    key = claim.task.session_key
    await harness.log.append(harness.lines(claim, *map(str, range(900))))
    last = await harness.end(claim)
    [first] = await harness.log.read(key, after=0, limit=1)

    async def found(*types: str, after: int = 0, limit: int = 10) -> list[StoredEvent]:
        return list(
            await harness.log.find(key, event_types=frozenset(types), after=after, limit=limit)
        )

    assert await found("task_queued", "task_complete") == [first, last]
    assert await found("task_queued", "task_complete", after=1) == [last]
    assert await found("task_queued", "task_complete", limit=1) == [first]
    assert [event.seq for event in await found("log", after=100, limit=3)] == [101, 102, 103]
    assert await found("task_complete", after=last.seq) == await found("message") == []


async def test_an_event_of_the_largest_size_is_stored_whole(harness: StoreHarness) -> None:
    claim = await harness.start()

    stored = await harness.log.append(harness.lines(claim, "x" * 250_000, "y" * 250_000))

    assert await harness.log.read(claim.task.session_key, after=1, limit=5) == list(stored)


async def test_the_bounds_are_the_first_and_last_seq(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.log.append(harness.lines(claim, "a", "b"))

    assert await harness.log.bounds(claim.task.session_key) == Bounds(first_seq=1, last_seq=3)


async def test_an_unknown_session_has_no_events_and_no_bounds(harness: StoreHarness) -> None:
    unknown = SessionKey(4711)

    assert list(await harness.log.read(unknown, after=0, limit=10)) == []
    assert await harness.log.bounds(unknown) is None
    assert await harness.log.tag_at(unknown, 1) is None
    assert await harness.log.seq_before(unknown, AT) == 0


async def test_a_deleted_session_has_no_bounds_while_its_runner_still_writes(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()
    await harness.sessions.delete(LOCAL, TALK)

    await harness.log.append(harness.lines(claim, "a"))
    await harness.end(claim)

    key = claim.task.session_key
    assert await harness.log.bounds(key) is None
    assert await harness.log.last_seqs([key]) == {}


async def test_the_tag_at_a_seq_is_that_of_its_event(harness: StoreHarness) -> None:
    claim = await harness.start()
    [stored] = await harness.log.append(harness.lines(claim, "a"))
    key = claim.task.session_key

    assert await harness.log.tag_at(key, 2) == stored.tag
    assert await harness.log.tag_at(key, 0) is None
    assert await harness.log.tag_at(key, 3) is None


async def test_last_seqs_are_returned_for_the_sessions_that_exist(harness: StoreHarness) -> None:
    one, other = await harness.queue("one"), await harness.start("other")
    await harness.log.append(harness.lines(other, "a"))

    keys = [one.session_key, other.task.session_key, SessionKey(4711)]

    assert await harness.log.last_seqs(keys) == {one.session_key: 1, other.task.session_key: 2}


async def test_a_time_is_found_before_the_first_event_recorded_from_then_on(
    harness: StoreHarness,
) -> None:
    claim = await harness.start()
    for minute in (1, 2, 3):
        later = AT + timedelta(minutes=minute)
        await harness.log.append(harness.lines(claim, str(minute), at=later))
    key = claim.task.session_key

    assert await harness.log.seq_before(key, AT - timedelta(days=1)) == 0
    assert await harness.log.seq_before(key, AT + timedelta(minutes=2)) == 2
    assert await harness.log.seq_before(key, AT + timedelta(minutes=2, seconds=1)) == 3
    assert await harness.log.seq_before(key, AT + timedelta(days=1)) == 4
