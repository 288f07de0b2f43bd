"""What a watcher sees, wherever it begins and whatever happens meanwhile."""

from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from application.watching.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.watching.stream_steps import (
    Connected,
    CursorMoved,
    End,
    Events,
    Reset,
    ResetReason,
)
from domain.errors import InvalidCursor, InvalidInput
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL, Principal
from domain.process_events import Log
from domain.task import Task, TaskStatus
from ports.runner import Completed, Outcome, RunContext
from tests.fakes import FakeClock
from tests.integration.graph import emit_ten_lines, next_step, running, seqs_of, take
from tests.patience import PATIENCE_S

STRANGER = Principal(tenant="local", owner="stranger", name="stranger")


async def test_a_stream_opened_before_its_session_exists_sees_everything(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        watch = await graph.watch("new", start=FromNow())
        assert await next_step(watch) == Connected(
            session_id=SessionId("new"), cursor="0-00000000", first_seq=1, last_seq=0
        )

        await graph.submit("count", session="new")

        assert await seqs_of(watch, 3) == [1, 2, 3]
        graph.container.streams.watches().close(watch)


async def test_a_stream_without_a_cursor_shows_only_what_comes(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("first"))
        watch = await graph.watch("s", start=FromNow())

        await graph.submit("second")

        assert await seqs_of(watch, 3) == [4, 5, 6]
        graph.container.streams.watches().close(watch)


async def test_a_watcher_resumes_after_the_event_it_saw_last(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        second = str((await graph.events(task))[1]["id"])

        watch = await graph.watch("s", start=FromCursor(second))

        connected = await next_step(watch)
        assert isinstance(connected, Connected) and connected.cursor == second
        assert await seqs_of(watch, 1) == [3]
        graph.container.streams.watches().close(watch)


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("9-00000000", "future"), ("2-00000000", "diverged")],
)
async def test_a_cursor_of_another_history_is_reset_to_the_earliest_event(
    tmp_path: Path, cursor: str, reason: ResetReason
) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("count"))

        watch = await graph.watch("s", start=FromCursor(cursor))

        connected = await next_step(watch)
        assert isinstance(connected, Connected)
        assert connected.cursor == cursor  # cut off here, a client would get the reset again
        assert await next_step(watch) == Reset(
            reason=reason, cursor="0-00000000", first_seq=1, last_seq=3
        )
        assert await seqs_of(watch, 3) == [1, 2, 3]
        graph.container.streams.watches().close(watch)


@pytest.mark.parametrize("cursor", ["", "5", "-1-00000000", "0-0000000a", "٣-00000000", "1-xyz"])
async def test_a_cursor_that_no_stream_gave_out_is_refused(tmp_path: Path, cursor: str) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("count"))

        with pytest.raises(InvalidCursor):
            await graph.watch("s", start=FromCursor(cursor))


@pytest.mark.parametrize(("last", "seqs"), [(None, [1, 2, 3]), (2, [2, 3]), (9, [1, 2, 3])])
async def test_a_replay_begins_as_far_back_as_it_is_asked_to(
    tmp_path: Path, last: int | None, seqs: list[int]
) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("count"))

        watch = await graph.watch("s", start=Replay(last))

        await next_step(watch)
        assert await seqs_of(watch, len(seqs)) == seqs
        graph.container.streams.watches().close(watch)


async def test_one_of_eight_writes_reports_when_its_oldest_event_was_committed(
    tmp_path: Path,
) -> None:
    clock = FakeClock()

    async def emit_lines(task: Task, context: RunContext) -> Outcome:
        for number in range(1, 17):
            clock.advance(1)
            await context.emit(Log(line="x", line_num=number, stream="pty"))
            await context.recorded()
            steps.append(await next_step(watch))
        return Completed(final_answer="")

    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        graph.runner.acts["emit"] = emit_lines
        watch = await graph.watch("s", start=FromNow())
        steps = [await next_step(watch)]
        task = await graph.ended(await graph.submit("emit"))
        clock.advance(1)
        late = await graph.watch("s", start=Replay(1))
        steps += [await next_step(late), await next_step(late)]

        shown = [step.shown_at for step in steps if isinstance(step, Events)]
        for one in (watch, late):
            graph.container.streams.watches().close(one)

    assert task.status is TaskStatus.COMPLETED
    assert shown == [0.0, *[None] * 7, 9.0, *[None] * 7, None]


async def test_the_stream_of_a_task_ends_after_its_last_event(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = emit_ten_lines
        other = await graph.ended(await graph.submit("other"))
        task = await graph.submit("talk")

        with anyio.fail_after(PATIENCE_S):
            events = await graph.events(task)

        assert {event["task_id"] for event in events} == {task.task_id} != {other.task_id}
        assert events[-1]["event_type"] == "task_complete"


async def test_the_stream_of_a_task_that_is_over_and_read_is_not_opened_again(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        last = str((await graph.events(task))[-1]["id"])

        asked = StreamRequest(task_ids=(task.task_id,), start=FromCursor(last))

        assert await graph.container.streams.watches().open(LOCAL, asked) is None


async def test_a_filter_moves_the_cursor_over_what_it_leaves_out(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = emit_ten_lines
        task = await graph.ended(await graph.submit("talk"))
        asked = StreamRequest(
            task_ids=(task.task_id,), event_types=frozenset({"task_queued", "task_started"})
        )
        watch = await graph.container.streams.watches().open(LOCAL, asked)
        assert watch is not None

        steps = []
        while not isinstance(step := await next_step(watch), End):
            steps.append(step)

        last = str((await graph.events(task))[-1]["id"])
        assert sum(len(step.events) for step in steps if isinstance(step, Events)) == 2
        assert steps[-1] == CursorMoved(cursor=last, last_seq=task.last_seq)
        graph.container.streams.watches().close(watch)


async def test_a_stream_over_several_sessions_resumes_each_at_its_place(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        for name in ("a", "b"):
            await graph.ended(await graph.submit("before", session=name))
        tasks = [await graph.ended(await graph.submit("count", session=name)) for name in "ab"]
        asked = StreamRequest(task_ids=tuple(task.task_id for task in tasks))

        seen: list[tuple[object, object]] = []
        start: FromNow | FromCursor = FromNow()
        while len(seen) < 2 * 3:
            watch = await graph.container.streams.watches().open(
                LOCAL, StreamRequest(task_ids=asked.task_ids, start=start)
            )
            assert watch is not None
            assert isinstance(await next_step(watch), Connected)
            [event] = await take(watch, 1)
            seen.append((event["session_id"], event["seq"]))
            start = FromCursor(str(event["id"]))
            graph.container.streams.watches().close(watch)

        assert sorted(seen, key=str) == [(name, seq) for name in "ab" for seq in (4, 5, 6)]


async def test_a_stranger_sees_nothing_of_a_session_with_the_same_name(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        watches = graph.container.streams.watches()
        watch = await watches.open(
            STRANGER, StreamRequest(session_ids=(SessionId("s"),), start=Replay(None))
        )
        assert watch is not None

        assert await next_step(watch) == Connected(
            session_id=SessionId("s"), cursor="0-00000000", first_seq=1, last_seq=0
        )
        assert not isinstance(watch.step(), Events)
        with pytest.raises(InvalidInput, match="there is no task"):
            await watches.open(STRANGER, StreamRequest(task_ids=(task.task_id,)))
        watches.close(watch)


async def test_a_deleted_session_ends_its_streams(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("count"))
        watch = await graph.watch("s", start=FromNow())
        await next_step(watch)

        await graph.container.server.sessions().delete(LOCAL, SessionId("s"))

        assert await next_step(watch) == End("session_deleted")
        graph.container.streams.watches().close(watch)


async def test_a_drain_ends_every_stream(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        waiting = await graph.watch("not yet", start=FromNow())
        await next_step(waiting)

        graph.container.streams.watches().end_all("server_draining")

        assert await next_step(waiting) == End("server_draining")
        graph.container.streams.watches().close(waiting)


async def test_a_stream_must_be_about_something_that_is_known(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        watches = graph.container.streams.watches()

        for asked, field in (
            (StreamRequest(), "session_id"),
            (StreamRequest(agents=(AgentName("nobody"),)), "agent_id"),
            (StreamRequest(task_ids=(TaskId("task_none"),)), "task_id"),
        ):
            with pytest.raises(InvalidInput) as refused:
                await watches.open(LOCAL, asked)
            assert refused.value.field == field


async def test_closed_streams_leave_nothing_behind(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("count"))
        watches = graph.container.streams.watches()
        watch = await graph.watch("s", start=FromNow())
        waiting = await graph.watch("later", start=FromNow())
        assert watches.counts().watchers == 2

        for one in (watch, waiting):
            watches.close(one)
            watches.close(one)

        assert watches.counts().watchers == 0
        assert graph.container.meter().total("watchers_closed") == 2
