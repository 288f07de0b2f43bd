"""The stream of an agent, through tasks of many sessions."""

from collections.abc import Mapping
from pathlib import Path

from application.watching.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.watching.stream_steps import BEHIND, IDLE, Connected
from application.watching.watch import Watch
from domain.ids import AgentName
from domain.principal import LOCAL
from domain.task import Task
from tests.integration.graph import Graph, emit_ten_lines, for_ever, next_step, running, take


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

        events = await take(watch, 5)
        assert _types_of(events, new) == ["task_queued", "task_started", "task_complete"]
        assert _types_of(events, before) == ["cancel_requested", "task_cancelled"]
        graph.container.streams.watches().close(watch)


async def test_an_agents_stream_resumes_in_every_session_where_it_was(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = emit_ten_lines
        tasks = [await graph.submit("talk", session=f"s{number}") for number in range(5)]
        seen: list[tuple[object, object]] = []
        start: FromCursor | Replay = Replay(None)
        while len(seen) < 5 * 13:
            watch = await _of_agent(graph, start)
            await next_step(watch)
            for event in await take(watch, min(7, 5 * 13 - len(seen))):
                seen.append((event["session_id"], event["seq"]))
                start = FromCursor(str(event["id"]))
            graph.container.streams.watches().close(watch)

        expected = [(task.session_id, seq) for task in tasks for seq in range(1, 14)]
        assert sorted(seen, key=str) == sorted(expected, key=str)


async def test_a_session_whose_next_task_is_not_known_yet_is_not_read_again(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["for ever"] = for_ever
        first = await graph.submit("for ever")
        await graph.runner.has_started(first)
        watch = await _of_agent(graph, Replay(None))
        await next_step(watch)
        await take(watch, 2)
        await _come_to_rest(watch)

        second = await graph.submit("say")
        await graph.coordinator.cancel(LOCAL, first.task_id)
        await graph.ended(second)
        await graph.ended(await graph.submit("last", session="other"))

        seen = [(event["session_id"], event["seq"]) for event in await take(watch, 5 + 3)]
        assert sorted(seen, key=str) == [
            *(("other", seq) for seq in range(1, 4)),
            *(("s", seq) for seq in range(3, 8)),
        ]
        await _come_to_rest(watch)
        graph.container.streams.watches().close(watch)


async def test_an_agents_stream_goes_on_in_every_session_it_has_just_joined(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as graph:
        for name in ("a", "b"):
            await graph.ended(await graph.submit("old", session=name))
        watch = await _of_agent(graph, FromNow())
        connected = await next_step(watch)
        assert isinstance(connected, Connected)
        graph.container.streams.watches().close(watch)
        for name in ("a", "b"):
            await graph.ended(await graph.submit("new", session=name))

        seen: list[tuple[object, object]] = []
        cursor = connected.cursor
        while len(seen) < 2 * 3:
            watch = await _of_agent(graph, FromCursor(cursor))
            assert isinstance(await next_step(watch), Connected)
            [event] = await take(watch, 1)
            seen.append((event["session_id"], event["seq"]))
            cursor = str(event["id"])
            graph.container.streams.watches().close(watch)

        assert sorted(seen, key=str) == [(name, seq) for name in "ab" for seq in range(4, 7)]


async def _come_to_rest(watch: Watch) -> None:
    """Until it has nothing more to send."""
    while (step := watch.step()) != IDLE:
        assert step == BEHIND
        await watch.read()


async def _of_agent(graph: Graph, start: FromNow | FromCursor | Replay) -> Watch:
    watch = await graph.container.streams.watches().open(
        LOCAL, StreamRequest(agents=(AgentName("fake"),), start=start)
    )
    assert watch is not None
    return watch


def _types_of(events: list[Mapping[str, object]], task: Task) -> list[object]:
    return [event["event_type"] for event in events if event["task_id"] == task.task_id]
