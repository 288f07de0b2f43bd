"""What watchers see of a log that is trimmed and compacted under them, and what a policy leaves."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from application.upkeep.log_trimming import EVER
from application.upkeep.retention import RetentionPolicy
from application.watching.history import HistoryOf
from application.watching.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.watching.stream_steps import Connected, End, Events, Reset
from domain.events import EVENT_CLASSES
from domain.ids import SessionId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task
from domain.thinking_events import Message, MessageDelta
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from ports.runner import Completed, Outcome, RunContext
from tests.fakes import FakeClock
from tests.integration.graph import Graph, next_step, running
from tests.patience import PATIENCE_S

DAY_S = 86_400.0


async def speak(task: Task, context: RunContext) -> Outcome:
    for word in ("one ", "two"):
        await context.emit(MessageDelta(message_id="m", text=word))
    await context.emit(Message(message_id="m", role="assistant", content="one two"))
    return Completed(final_answer="one two")


async def stream(task: Task, context: RunContext) -> Outcome:
    """A call with more output than its result."""
    await context.emit(ToolCallStart(call_id="c", tool_name="count", arguments={}))
    for chunk in ("one\n", "two\n", "three\n"):
        await context.emit(ToolCallStream(call_id="c", stream="stdout", chunk=chunk))
    await context.emit(
        ToolCallComplete(
            call_id="c",
            tool_name="count",
            status="ok",
            result="one …",
            truncated=True,
            duration_ms=1,
        )
    )
    return Completed(final_answer="done")


async def fill(task: Task, context: RunContext) -> Outcome:
    folder = Path(context.workspace)
    await asyncio.to_thread((folder / "result").write_bytes, b"x" * 100_000)
    for number in range(20):
        await context.emit(Log(line="x" * 1000, line_num=number + 1, stream="stdout"))
    return Completed(final_answer="full")


async def trim(graph: Graph, task: Task, events: int) -> None:
    await graph.container.store.event_retention().trim(
        task.session_key, ended_before=EVER, limit=events
    )


async def types_of(graph: Graph, task: Task) -> list[str]:
    log = graph.container.store.event_log()
    stored = await log.read(task.session_key, after=0, limit=1000)
    return [event.event_type for event in stored if event.body]


async def test_a_reader_in_the_middle_of_what_is_trimmed_gets_a_reset(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        watch = await graph.watch("s", start=Replay(None))
        assert isinstance(await next_step(watch), Connected)

        await trim(graph, task, 2)

        assert await next_step(watch) == Reset(
            reason="trimmed", cursor="2-00000000", first_seq=3, last_seq=3
        )
        assert isinstance(await next_step(watch), Events)
        graph.container.streams.watches().close(watch)


async def test_a_reader_gets_a_reset_also_when_nothing_is_left(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        watch = await graph.watch("s", start=Replay(None))
        assert isinstance(await next_step(watch), Connected)

        await trim(graph, task, 100)

        with anyio.fail_after(PATIENCE_S):
            assert await next_step(watch) == Reset(
                reason="trimmed", cursor="3-00000000", first_seq=4, last_seq=3
            )
        graph.container.streams.watches().close(watch)


async def test_a_stream_of_a_task_does_not_end_over_trimmed_events_in_silence(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        watch = await graph.container.streams.watches().open(
            LOCAL, StreamRequest(task_ids=(task.task_id,))
        )
        assert watch is not None
        assert isinstance(await next_step(watch), Connected)

        await trim(graph, task, 100)

        with anyio.fail_after(PATIENCE_S):
            assert await next_step(watch) == Reset(
                reason="trimmed", cursor="3-00000000", first_seq=4, last_seq=3
            )
            assert await next_step(watch) == End("task_finished")
        graph.container.streams.watches().close(watch)


async def test_a_cursor_into_what_was_trimmed_begins_again_with_a_reset(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        first = str((await graph.events(task))[0]["id"])

        await trim(graph, task, 2)

        watch = await graph.watch("s", start=FromCursor(first))
        assert isinstance(await next_step(watch), Connected)
        assert await next_step(watch) == Reset(
            reason="trimmed", cursor="2-00000000", first_seq=3, last_seq=3
        )
        of = HistoryOf(session_key=task.session_key, event_types=frozenset(EVENT_CLASSES))
        page = await graph.container.streams.history().page(of, FromCursor(first), limit=10)
        assert page.reset == "trimmed"
        graph.container.streams.watches().close(watch)


async def test_a_replay_leaves_out_what_was_compacted(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["speak"] = speak
        task = await graph.ended(await graph.submit("speak"))

        await graph.retention(RetentionPolicy(compacted_after=timedelta(days=-1))).sweep()

        left = ["task_queued", "task_started", "message", "task_complete"]
        assert await types_of(graph, task) == left
        assert await graph.event_types(task) == left


async def test_a_replay_of_a_whole_session_leaves_it_out_too(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["speak"] = speak
        await graph.ended(await graph.submit("speak"))

        await graph.retention(RetentionPolicy(compacted_after=timedelta(days=-1))).sweep()

        watch = await graph.watch("s", start=Replay(None))
        assert isinstance(await next_step(watch), Connected)
        step = await next_step(watch)
        assert isinstance(step, Events)
        types = [event.stored.event_type for event in step.events]
        assert (len(types), "message_delta" in types) == (4, False)
        graph.container.streams.watches().close(watch)


async def test_what_was_compacted_does_not_count_for_the_newest_of_a_session(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["speak"] = speak
        await graph.ended(await graph.submit("speak"))

        await graph.retention(RetentionPolicy(compacted_after=timedelta(days=-1))).sweep()

        watch = await graph.watch("s", start=Replay(3))
        assert isinstance(await next_step(watch), Connected)
        step = await next_step(watch)
        assert isinstance(step, Events)
        types = [event.stored.event_type for event in step.events]
        assert (len(types), "task_started" in types) == (3, True)
        graph.container.streams.watches().close(watch)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "gone"])
async def test_output_of_a_call_leaves_the_log_only_while_it_is_kept_beside_it(
    tmp_path: Path, is_kept: bool
) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["stream"] = stream
        task = await graph.ended(await graph.submit("stream"))
        archive = graph.container.store.output_archive()
        if not is_kept:
            await archive.forget([task.task_id])

        await graph.retention(RetentionPolicy(compacted_after=timedelta(days=-1))).sweep()

        is_in_log = "tool_call_stream" in await types_of(graph, task)
        kept = b"".join([piece async for piece in archive.read(task.task_id, call_id="c")])
        assert (is_in_log, kept.startswith(b"one\ntwo\nthree\n")) == (not is_kept, is_kept)


async def test_deltas_can_be_replayed_for_a_day(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        graph.runner.acts["speak"] = speak
        task = await graph.ended(await graph.submit("speak"))
        keep = graph.retention(RetentionPolicy())

        clock.advance(DAY_S - 1)
        await keep.sweep()
        early = await types_of(graph, task)
        clock.advance(2)
        await keep.sweep()

        assert "message_delta" in early
        assert "message_delta" not in await types_of(graph, task)


async def test_what_ended_longer_ago_than_the_policy_allows_is_removed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        old = await graph.ended(await graph.submit("old"))
        clock.advance(8 * DAY_S)
        new = await graph.ended(await graph.submit("new"))

        await graph.retention(RetentionPolicy(kept_for=timedelta(days=7))).sweep()

        assert await types_of(graph, old) == ["task_queued", "task_started", "task_complete"]
        assert (await graph.container.server.sessions().get(LOCAL, SessionId("s"))).first_seq == 4
        assert len(await graph.events(new)) == 3


async def test_without_a_policy_everything_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        task = await graph.ended(await graph.submit("old"))
        clock.advance(10_000 * DAY_S)

        await graph.retention(RetentionPolicy()).sweep()

        assert len(await types_of(graph, task)) == 3


async def test_when_too_much_is_kept_what_ended_first_goes_with_its_folder(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        graph.runner.acts["fill"] = fill
        tasks = []
        for name in ("one", "two", "three"):
            tasks.append(await graph.ended(await graph.submit("fill", session=name)))
            clock.advance(60)

        await graph.retention(RetentionPolicy(max_bytes=200_000)).sweep()

        left: Mapping[str, int] = {
            task.session_id: len(await types_of(graph, task)) for task in tasks
        }
        assert left == {"one": 0, "two": 0, "three": 23}
        folders = await graph.container.store.workspace_retention().sessions()
        assert [folder.session_id for folder in folders] == ["three"]


async def test_the_folder_of_a_deleted_session_goes_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["fill"] = fill
        await graph.ended(await graph.submit("fill", session="gone"))
        await graph.ended(await graph.submit("fill", session="kept"))
        await graph.container.server.sessions().delete(LOCAL, SessionId("gone"))

        await graph.retention(RetentionPolicy()).clean_up()

        folders = await graph.container.store.workspace_retention().sessions()
        assert [folder.session_id for folder in folders] == ["kept"]


@pytest.mark.parametrize("start", [FromNow(), Replay(None)])
async def test_a_stream_over_a_log_that_is_empty_by_now_shows_what_comes(
    tmp_path: Path, start: FromNow | Replay
) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        await trim(graph, task, 100)
        watch = await graph.watch("s", start=start)
        connected = await next_step(watch)
        assert isinstance(connected, Connected)
        assert (connected.first_seq, connected.last_seq) == (4, 3)

        await graph.submit("again")

        assert isinstance(await next_step(watch), Events)
        graph.container.streams.watches().close(watch)
