"""A stream followed across lost connections."""

from collections.abc import Mapping

import httpx2
import pytest

from domain.task_events import Progress
from entrypoints.cli.client.event_stream import EventStream, Notice
from entrypoints.cli.failure import ServerRefused, ServerUnreachable
from tests.unit.entrypoints.cli.scripted_server import ScriptedServer, problem, stream
from tests.unit.entrypoints.cli.seen import body_of

CONNECTED = 'event: connected\nretry: 2000\ndata: {"first_seq":1,"last_seq":0}\n\n'
END = 'event: end\ndata: {"reason":"task_finished"}\n\n'
CUT = httpx2.ReadError("cut")
AGAIN = "the connection was lost: cut; reconnecting"


def frame(seq: int) -> str:
    body = body_of(Progress(message="on"), seq=seq)
    return f"id: {seq}-00000001\nevent: progress\ndata: {body}\n\n"


async def test_events_come_in_order_until_the_server_says_it_is_over() -> None:
    server = ScriptedServer(stream(CONNECTED, frame(1), ": ping\n", frame(2), END))

    assert await _told(server) == [_seen(1), _seen(2)]


async def test_a_cut_connection_is_resumed_after_the_last_whole_event() -> None:
    half = frame(3)[:40]
    server = ScriptedServer(
        stream(CONNECTED, frame(1), frame(2), half, CUT), stream(CONNECTED, frame(3), END)
    )

    told = await _told(server)

    assert told == [_seen(1), _seen(2), AGAIN, _seen(3)]
    assert [request.headers.get("last-event-id") for request in server.requests] == [
        None,
        "2-00000001",
    ]


async def test_events_may_come_in_pieces_of_any_size() -> None:
    text = CONNECTED + frame(1) + frame(2) + END

    server = ScriptedServer(stream(*text))

    assert await _told(server) == [_seen(1), _seen(2)]


async def test_the_cursor_of_the_connection_itself_counts() -> None:
    connected = 'event: connected\ndata: {"cursor":"7-0000000a"}\n\n'
    server = ScriptedServer(stream(connected, CUT), stream(CONNECTED, END))

    await _told(server)

    assert server.requests[1].headers["last-event-id"] == "7-0000000a"


@pytest.mark.parametrize(
    "frame_with_id",
    [
        'id: 7-0000000a\nevent: connected\ndata: {"cursor":"7-0000000a"}\n\n',
        CONNECTED + 'id: 7-0000000a\nevent: reset\ndata: {"reason":"trimmed"}\n\n',
    ],
    ids=["connected", "reset"],
)
async def test_the_place_where_a_stream_begins_is_kept(frame_with_id: str) -> None:
    server = ScriptedServer(stream(frame_with_id, CUT), stream(CONNECTED, END))

    await _told(server)

    assert server.requests[1].headers["last-event-id"] == "7-0000000a"


async def test_a_cursor_frame_moves_the_cursor_and_is_not_shown() -> None:
    moved = 'id: 9-0000000b\nevent: cursor\ndata: {"last_seq":9}\n\n'
    server = ScriptedServer(stream(CONNECTED, moved, CUT), stream(CONNECTED, END))

    assert await _told(server) == [AGAIN]
    assert server.requests[1].headers["last-event-id"] == "9-0000000b"


async def test_a_reset_is_said() -> None:
    reset = 'event: reset\ndata: {"reason":"trimmed","first_seq":5,"last_seq":6}\n\n'
    server = ScriptedServer(stream(CONNECTED, reset, frame(5), END))

    assert await _told(server) == [
        "reset: the log no longer goes back that far; showing it from event 5",
        _seen(5),
    ]


async def test_a_stream_that_has_nothing_more_is_over() -> None:
    server = ScriptedServer(stream(CONNECTED, frame(1), CUT), httpx2.Response(204))

    assert await _told(server) == [_seen(1), AGAIN]


async def test_a_draining_server_is_come_back_to() -> None:
    draining = 'event: end\ndata: {"reason":"server_draining"}\n\n'
    server = ScriptedServer(stream(CONNECTED, draining), stream(CONNECTED, END))

    assert await _told(server) == [
        "the stream ended: server_draining",
        "the connection was closed; reconnecting",
    ]


async def test_a_server_that_is_down_for_a_while_is_waited_for() -> None:
    refused = httpx2.ConnectError("connection refused")
    waits: list[float] = []
    server = ScriptedServer(
        stream(CONNECTED, frame(1)),
        refused,
        problem(503, detail="starting"),
        stream(CONNECTED, END),
    )

    told = await _told(server, waits=waits)

    assert told[1:] == [
        "the connection was closed; reconnecting",
        "cannot reach the server at http://server: connection refused; reconnecting",
        "the server refused (503): starting; reconnecting",
    ]
    assert [1 <= waits[0] <= 2, 2 <= waits[1] <= 4, 4 <= waits[2] <= 8] == [True] * 3


async def test_a_server_that_never_answered_is_not_waited_for() -> None:
    server = ScriptedServer(httpx2.ConnectError("connection refused"))

    with pytest.raises(ServerUnreachable, match="http://server: connection refused"):
        await _told(server)


async def test_a_server_that_stays_away_is_given_up() -> None:
    refused = [httpx2.ConnectError("connection refused")] * 20
    server = ScriptedServer(stream(CONNECTED), *refused)

    with pytest.raises(ServerUnreachable):
        await _told(server)


async def test_a_refusal_that_will_not_pass_ends_the_following() -> None:
    server = ScriptedServer(stream(CONNECTED, CUT), problem(404, detail="There is no such task."))

    with pytest.raises(ServerRefused, match=r"\(404\): There is no such task."):
        await _told(server)


async def test_what_is_no_stream_of_ours_is_said() -> None:
    server = ScriptedServer(stream("event: progress\ndata: <html>\n\n"))

    with pytest.raises(ServerRefused, match="not Agentcast's"):
        await _told(server)


async def test_filters_go_along_with_every_request() -> None:
    server = ScriptedServer(stream(CONNECTED, frame(1), CUT), stream(CONNECTED, END))

    await _told(server, query={"session_id": "a", "types": "task_*"})

    assert {request.url.query for request in server.requests} == {b"session_id=a&types=task_%2A"}


async def _told(
    server: ScriptedServer,
    *,
    query: Mapping[str, str] | None = None,
    waits: list[float] | None = None,
) -> list[str]:
    """What a watcher is shown: bodies, and what is said about the stream."""
    waited = [] if waits is None else waits

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    events = EventStream(server.client, path="/sse", query=query or {}, sleep=sleep)
    return [item.text if isinstance(item, Notice) else item.body async for item in events.items()]


def _seen(seq: int) -> str:
    return body_of(Progress(message="on"), seq=seq)
