"""A stream followed across lost connections."""

from collections.abc import Mapping

import httpx2
import pytest

from domain.task_events import Progress
from entrypoints.cli.client.event_stream import EventStream, Notice
from entrypoints.cli.failure import ServerRefused, ServerUnreachable
from tests.unit.entrypoints.cli.received_events import body_of
from tests.unit.entrypoints.cli.scripted_server import ScriptedServer, problem, stream

CONNECTED = 'event: connected\nretry: 2000\ndata: {"first_seq":1,"last_seq":0}\n\n'
END = 'event: end\ndata: {"reason":"task_finished"}\n\n'
CUT = httpx2.ReadError("cut")
AGAIN = "the connection was lost: cut; reconnecting"


def frame(seq: int) -> str:
    body = body_of(Progress(message="on"), seq=seq)
    return f"id: {seq}-00000001\nevent: progress\ndata: {body}\n\n"


async def test_events_are_in_order_until_the_server_ends_the_stream() -> None:
    server = ScriptedServer(stream(CONNECTED, frame(1), ": ping\n", frame(2), END))

    assert await _items_of(server) == [_seen(1), _seen(2)]


async def test_a_cut_connection_is_resumed_after_the_last_complete_event() -> None:
    half = frame(3)[:40]
    server = ScriptedServer(
        stream(CONNECTED, frame(1), frame(2), half, CUT), stream(CONNECTED, frame(3), END)
    )

    items = await _items_of(server)

    assert items == [_seen(1), _seen(2), AGAIN, _seen(3)]
    assert [request.headers.get("last-event-id") for request in server.requests] == [
        None,
        "2-00000001",
    ]


async def test_events_may_be_split_anywhere() -> None:
    text = CONNECTED + frame(1) + frame(2) + END

    server = ScriptedServer(stream(*text))

    assert await _items_of(server) == [_seen(1), _seen(2)]


async def test_the_cursor_of_the_connected_frame_is_used() -> None:
    connected = 'event: connected\ndata: {"cursor":"7-0000000a"}\n\n'
    server = ScriptedServer(stream(connected, CUT), stream(CONNECTED, END))

    await _items_of(server)

    assert server.requests[1].headers["last-event-id"] == "7-0000000a"


@pytest.mark.parametrize(
    "frame_with_id",
    [
        'id: 7-0000000a\nevent: connected\ndata: {"cursor":"7-0000000a"}\n\n',
        CONNECTED + 'id: 7-0000000a\nevent: reset\ndata: {"reason":"trimmed"}\n\n',
    ],
    ids=["connected", "reset"],
)
async def test_the_initial_cursor_is_kept(frame_with_id: str) -> None:
    server = ScriptedServer(stream(frame_with_id, CUT), stream(CONNECTED, END))

    await _items_of(server)

    assert server.requests[1].headers["last-event-id"] == "7-0000000a"


async def test_a_cursor_frame_moves_the_cursor_and_is_not_shown() -> None:
    moved = 'id: 9-0000000b\nevent: cursor\ndata: {"last_seq":9}\n\n'
    server = ScriptedServer(stream(CONNECTED, moved, CUT), stream(CONNECTED, END))

    assert await _items_of(server) == [AGAIN]
    assert server.requests[1].headers["last-event-id"] == "9-0000000b"


async def test_a_reset_is_reported() -> None:
    reset = 'event: reset\ndata: {"reason":"trimmed","first_seq":5,"last_seq":6}\n\n'
    server = ScriptedServer(stream(CONNECTED, reset, frame(5), END))

    assert await _items_of(server) == [
        "reset: the log no longer goes back that far; showing it from event 5",
        _seen(5),
    ]


async def test_a_stream_that_has_nothing_more_is_over() -> None:
    server = ScriptedServer(stream(CONNECTED, frame(1), CUT), httpx2.Response(204))

    assert await _items_of(server) == [_seen(1), AGAIN]


async def test_the_client_reconnects_to_a_draining_server() -> None:
    draining = 'event: end\ndata: {"reason":"server_draining"}\n\n'
    server = ScriptedServer(stream(CONNECTED, draining), stream(CONNECTED, END))

    assert await _items_of(server) == [
        "the stream ended: server_draining",
        "the connection was closed; reconnecting",
    ]


async def test_the_client_waits_for_a_server_that_is_down() -> None:
    refused = httpx2.ConnectError("connection refused")
    waits: list[float] = []
    server = ScriptedServer(
        stream(CONNECTED, frame(1)),
        refused,
        problem(503, detail="starting"),
        stream(CONNECTED, END),
    )

    items = await _items_of(server, waits=waits)

    assert items[1:] == [
        "the connection was closed; reconnecting",
        "cannot reach the server at http://server: connection refused; reconnecting",
        "the server refused (503): starting; reconnecting",
    ]
    assert [1 <= waits[0] <= 2, 2 <= waits[1] <= 4, 4 <= waits[2] <= 8] == [True] * 3


async def test_the_client_does_not_wait_for_a_server_that_never_answered() -> None:
    server = ScriptedServer(httpx2.ConnectError("connection refused"))

    with pytest.raises(ServerUnreachable, match="http://server: connection refused"):
        await _items_of(server)


async def test_the_client_gives_up_after_too_many_attempts() -> None:
    refused = [httpx2.ConnectError("connection refused")] * 20
    server = ScriptedServer(stream(CONNECTED), *refused)

    with pytest.raises(ServerUnreachable):
        await _items_of(server)


async def test_a_permanent_refusal_ends_the_stream() -> None:
    server = ScriptedServer(stream(CONNECTED, CUT), problem(404, detail="There is no such task."))

    with pytest.raises(ServerRefused, match=r"\(404\): There is no such task."):
        await _items_of(server)


async def test_a_foreign_stream_is_an_error() -> None:
    server = ScriptedServer(stream("event: progress\ndata: <html>\n\n"))

    with pytest.raises(ServerRefused, match="not Agentcast's"):
        await _items_of(server)


async def test_filters_are_sent_with_every_request() -> None:
    server = ScriptedServer(stream(CONNECTED, frame(1), CUT), stream(CONNECTED, END))

    await _items_of(server, query={"session_id": "a", "types": "task_*"})

    assert {request.url.query for request in server.requests} == {b"session_id=a&types=task_%2A"}


async def _items_of(
    server: ScriptedServer,
    *,
    query: Mapping[str, str] | None = None,
    waits: list[float] | None = None,
) -> list[str]:
    """What a watcher is shown: bodies, and notes about the stream."""
    waited = [] if waits is None else waits

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    events = EventStream(server.client, path="/sse", query=query or {}, sleep=sleep)
    return [item.text if isinstance(item, Notice) else item.body async for item in events.items()]


def _seen(seq: int) -> str:
    return body_of(Progress(message="on"), seq=seq)
