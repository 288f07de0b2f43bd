"""What a watcher sees, wherever it begins and whatever happens meanwhile."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from application.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.stream_steps import Connected, CursorMoved, End, Events, Reset, ResetReason
from application.watch import Watch
from domain.errors import InvalidCursor, InvalidInput
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL, Principal
from domain.process_events import Log
from domain.task import Task
from ports.runner import Completed, Outcome, RunContext
from tests.integration.graph import Graph, events_of, for_ever, next_step, running

STRANGER = Principal(tenant="local", owner="stranger", name="stranger")


async def test_a_stream_opened_before_its_session_exists_sees_everything(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        watch = await graph.watch("new", start=FromNow())
        assert await next_step(watch) == Connected(
            session_id=SessionId("new"), first_seq=1, last_seq=0
        )

        await graph.submit("count", session="new")

        assert await _seqs(watch, 3) == [1, 2, 3]
        graph.container.watches().close(watch)


async def test_a_stream_without_a_cursor_shows_only_what_comes(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.ended(await graph.submit("first"))
        watch = await graph.watch("s", start=FromNow())

        await graph.submit("second")

        assert await _seqs(watch, 3) == [4, 5, 6]
        graph.container.watches().close(watch)


async def test_a_watcher_resumes_after_the_event_it_saw_last(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        second = str((await graph.events(task))[1]["id"])

        watch = await graph.watch("s", start=FromCursor(second))

        connected = await next_step(watch)
        assert isinstance(connected, Connected) and connected.cursor == second
        assert await _seqs(watch, 1) == [3]
        graph.container.watches().close(watch)


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

        assert isinstance(await next_step(watch), Connected)
        assert await next_step(watch) == Reset(reason=reason, first_seq=1, last_seq=3)
        assert await _seqs(watch, 3) == [1, 2, 3]
        graph.container.watches().close(watch)


@pytest.mark.parametrize("cursor", ["", "5", "-1-00000000", "0-00000000", "٣-00000000", "1-xyz"])
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
        assert await _seqs(watch, len(seqs)) == seqs
        graph.container.watches().close(watch)


async def test_the_stream_of_a_task_ends_after_its_last_event(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = _talk
        other = await graph.ended(await graph.submit("other"))
        task = await graph.submit("talk")

        with anyio.fail_after(5):
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

        assert await graph.container.watches().open(LOCAL, asked) is None


async def test_a_filter_moves_the_cursor_over_what_it_leaves_out(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = _talk
        task = await graph.ended(await graph.submit("talk"))
        asked = StreamRequest(
            task_ids=(task.task_id,), event_types=frozenset({"task_queued", "task_started"})
        )
        watch = await graph.container.watches().open(LOCAL, asked)
        assert watch is not None

        steps = []
        while not isinstance(step := await next_step(watch), End):
            steps.append(step)

        last = str((await graph.events(task))[-1]["id"])
        assert sum(step.count for step in steps if isinstance(step, Events)) == 2
        assert steps[-1] == CursorMoved(cursor=last, last_seq=task.last_seq)
        graph.container.watches().close(watch)


async def test_an_agents_stream_joins_its_tasks_in_any_session(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        before = await graph.submit("for ever", session="a")
        await graph.runner.has_started(before)
        watch = await _of_agent(graph, FromNow())
        await next_step(watch)

        new = await graph.submit("new", session="b")
        await graph.coordinator.cancel(LOCAL, before.task_id)
        await graph.ended(before)
        await graph.ended(new)

        events = await _take(watch, 5)
        assert _types_of(events, new) == ["task_queued", "task_started", "task_complete"]
        assert _types_of(events, before) == ["cancel_requested", "task_cancelled"]
        graph.container.watches().close(watch)


async def test_an_agents_stream_resumes_in_every_session_where_it_was(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = _talk
        tasks = [await graph.submit("talk", session=f"s{number}") for number in range(5)]
        seen: list[tuple[object, object]] = []
        start: FromCursor | Replay = Replay(None)
        while len(seen) < 5 * 13:
            watch = await _of_agent(graph, start)
            await next_step(watch)
            for event in await _take(watch, min(7, 5 * 13 - len(seen))):
                seen.append((event["session_id"], event["seq"]))
                start = FromCursor(str(event["id"]))
            graph.container.watches().close(watch)

        expected = [(task.session_id, seq) for task in tasks for seq in range(1, 14)]
        assert sorted(seen, key=str) == sorted(expected, key=str)


async def test_a_stranger_sees_nothing_of_a_session_with_the_same_name(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("count"))
        watches = graph.container.watches()
        watch = await watches.open(
            STRANGER, StreamRequest(session_ids=(SessionId("s"),), start=Replay(None))
        )
        assert watch is not None

        assert await next_step(watch) == Connected(
            session_id=SessionId("s"), first_seq=1, last_seq=0
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

        await graph.container.sessions().delete(LOCAL, SessionId("s"))

        assert await next_step(watch) == End("session_deleted")
        graph.container.watches().close(watch)


async def test_a_drain_ends_every_stream(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        waiting = await graph.watch("not yet", start=FromNow())
        await next_step(waiting)

        graph.container.watches().end_all("server_draining")

        assert await next_step(waiting) == End("server_draining")
        graph.container.watches().close(waiting)


async def test_a_stream_must_be_about_something_that_is_known(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        watches = graph.container.watches()

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
        watches = graph.container.watches()
        watch = await graph.watch("s", start=FromNow())
        waiting = await graph.watch("later", start=FromNow())
        assert watches.counts().watchers == 2

        for one in (watch, waiting):
            watches.close(one)
            watches.close(one)

        assert watches.counts().watchers == 0
        assert graph.container.meter().total("watchers_closed") == 2


async def _talk(task: Task, context: RunContext) -> Outcome:
    for number in range(1, 11):
        await context.emit(Log(line=f"line {number}", line_num=number, stream="pty"))
        await asyncio.sleep(0)
    return Completed(final_answer="")


async def _of_agent(graph: Graph, start: FromNow | FromCursor | Replay) -> Watch:
    watch = await graph.container.watches().open(
        LOCAL, StreamRequest(agents=(AgentName("fake"),), start=start)
    )
    assert watch is not None
    return watch


async def _take(watch: Watch, count: int) -> list[Mapping[str, object]]:
    """The next events; frames beyond the count are dropped, as by a connection that is cut."""
    taken: list[Mapping[str, object]] = []
    with anyio.fail_after(5):
        async for event in events_of(watch):
            taken.append(event)
            if len(taken) == count:
                break
    return taken


async def _seqs(watch: Watch, count: int) -> list[object]:
    return [event["seq"] for event in await _take(watch, count)]


def _types_of(events: list[Mapping[str, object]], task: Task) -> list[object]:
    return [event["event_type"] for event in events if event["task_id"] == task.task_id]
