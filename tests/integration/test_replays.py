"""A replay shows the newest events of a stream, whatever it is over, in the order of time."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from application.watching.stream_request import FromCursor, Replay, StreamRequest, event_types
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from tests.integration.graph import Graph, emit_ten_lines, events_of, next_step, running, take

SESSIONS = (SessionId("a"), SessionId("b"), SessionId("c"))
OF_SESSIONS = StreamRequest(session_ids=SESSIONS)
OF_AGENT = StreamRequest(agents=(AgentName("fake"),))


@pytest.mark.parametrize("last", [1, 4, 7, 20, 38, 39, 500])
@pytest.mark.parametrize("asked", [OF_SESSIONS, OF_AGENT], ids=["sessions", "agent"])
async def test_several_logs_are_one_stream(
    tmp_path: Path, asked: StreamRequest, last: int
) -> None:
    async with running(tmp_path) as graph:
        whole = await _worked(graph)

        seen = await _taken(graph, asked, last, count=min(last, len(whole)))

        assert _bare(seen) == _bare(whole[-last:])
        rest = await _resumed(graph, asked, str(seen[0]["id"]), count=len(seen) - 1)
        assert sorted(map(str, _bare(rest))) == sorted(map(str, _bare(seen[1:])))


@pytest.mark.parametrize("last", [1, 2, 3, 9])
@pytest.mark.parametrize("sessions", [SESSIONS, SESSIONS[:1]], ids=["several", "one"])
async def test_only_what_the_stream_shows_counts(
    tmp_path: Path, sessions: tuple[SessionId, ...], last: int
) -> None:
    types = event_types(("task_*",), with_deltas=True)
    async with running(tmp_path) as graph:
        whole = [
            event
            for event in await _worked(graph)
            if event["event_type"] in types and event["session_id"] in sessions
        ]
        asked = StreamRequest(session_ids=sessions, event_types=types)

        seen = await _taken(graph, asked, last, count=min(last, len(whole)))

        assert _bare(seen) == _bare(whole[-last:])


async def test_what_comes_meanwhile_follows(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        whole = await _worked(graph)
        watch = await graph.container.streams.watches().open(
            LOCAL, StreamRequest(session_ids=SESSIONS, start=Replay(5))
        )
        assert watch is not None
        await next_step(watch)

        new = await graph.events(await graph.ended(await graph.submit("say", session="b")))

        assert _bare(await take(watch, 5 + len(new))) == _bare([*whole[-5:], *new])
        graph.container.streams.watches().close(watch)


async def _worked(graph: Graph) -> list[Mapping[str, object]]:
    """Events of three sessions in turn, in the order in which they were recorded."""
    graph.runner.acts["talk"] = emit_ten_lines
    events: list[Mapping[str, object]] = []
    for name, text in (("a", "say"), ("b", "talk"), ("a", "talk"), ("c", "say"), ("a", "say")):
        events += await graph.events(await graph.ended(await graph.submit(text, session=name)))
    times = [str(event["timestamp"]) for event in events]
    assert times == sorted(times)
    return events


async def _taken(
    graph: Graph, asked: StreamRequest, last: int, *, count: int
) -> list[Mapping[str, object]]:
    request = StreamRequest(
        session_ids=asked.session_ids,
        agents=asked.agents,
        event_types=asked.event_types,
        start=Replay(last),
    )
    watch = await graph.container.streams.watches().open(LOCAL, request)
    assert watch is not None
    await next_step(watch)
    seen = await take(watch, count)
    graph.container.streams.watches().close(watch)
    return seen


async def _resumed(
    graph: Graph, asked: StreamRequest, cursor: str, *, count: int
) -> list[Mapping[str, object]]:
    request = StreamRequest(
        session_ids=asked.session_ids, agents=asked.agents, start=FromCursor(cursor)
    )
    watch = await graph.container.streams.watches().open(LOCAL, request)
    assert watch is not None
    await next_step(watch)
    events = events_of(watch)
    seen = [await anext(events) for _ in range(count)]
    graph.container.streams.watches().close(watch)
    return seen


def _bare(events: list[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Ids are those of one kind of stream."""
    return [{key: value for key, value in event.items() if key != "id"} for event in events]
