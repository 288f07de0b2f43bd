"""What goes wrong over a WebSocket: wrong messages, foreign pages, stalled clients, a server's end."""

import signal
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.client import Client, client_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Json
from tests.e2e.ws_client import events_in, ws_client

CHATTY = "for i in $(seq 3000); do printf '%04000d\\n' $i; done"  # more than sockets hold
TASK = {"type": "submit", "task": "true", "agent": "shell"}


@pytest.mark.parametrize(
    ("message", "status", "code", "field"),
    [
        ({"type": "dance"}, 400, "unknown_command", "type"),
        ({}, 400, "unknown_command", "type"),
        ({"type": "watch", "id": 5}, 400, "invalid_parameter", "id"),
        ({"type": "watch"}, 400, "invalid_parameter", "session_id"),
        ({"type": "watch", "session_id": ["ok", "n/k"]}, 400, "invalid_parameter", "session_id"),
        ({"type": "watch", "session_id": "s", "after": "x"}, 400, "invalid_cursor", "after"),
        ({"type": "watch", "agent_id": "nobody"}, 400, "invalid_parameter", "agent_id"),
        ({"type": "watch", "task_id": "nothing"}, 400, "invalid_parameter", "task_id"),
        ({"type": "watch", "session_id": "s", "types": "x"}, 400, "invalid_parameter", "types"),
        (
            {"type": "watch", "session_id": "s", "compress": 1},
            400,
            "invalid_parameter",
            "compress",
        ),
        ({"type": "unwatch", "id": "w"}, 404, "watch_not_found", None),
        ({**TASK, "task": ""}, 422, "invalid_body", "task"),
        ({**TASK, "limits": {"tokens": "9"}}, 422, "invalid_body", "limits.tokens"),
        ({**TASK, "shell": True}, 422, "invalid_body", "shell"),
        ({**TASK, "agent": "nobody"}, 422, "unknown_agent", "agent"),
        ({**TASK, "idempotency_key": " x"}, 422, "invalid_body", "idempotency_key"),
        (
            {"type": "retry", "task_id": "x", "idempotency_key": " x"},
            422,
            "invalid_body",
            "idempotency_key",
        ),
        (
            {"type": "retry", "task_id": "x", "idempotency_key": "x"},
            404,
            "task_not_found",
            None,
        ),
        ({"type": "cancel", "task_id": "nothing"}, 404, "task_not_found", None),
        ({"type": "cancel"}, 422, "invalid_body", "task_id"),
        ({"type": "cancel", "task_id": "x", "mode": "soft"}, 422, "invalid_body", "mode"),
    ],
)
async def test_a_wrong_message_is_refused_like_the_same_request(
    client: Client, message: Json, status: int, code: str, field: str | None
) -> None:
    async with ws_client(client.server) as ws:
        answer = await ws.asked(**message)

    assert (answer["type"], answer["status"], answer["code"]) == ("error", status, code)
    assert _fields(answer) == ([field] if field else [])


async def test_an_unknown_command_is_answered_with_those_that_there_are(client: Client) -> None:
    async with ws_client(client.server) as ws:
        answer = await ws.asked(type="dance", id="a")

    assert answer["id"] == "a"
    known = "watch, unwatch, submit, cancel, pause, resume, retry, approve, input"
    assert answer["detail"] == f"type: should be one of {known}"


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"a":1,"a":2}', '{"a":NaN}', "[" * 50])
async def test_what_is_not_a_plain_json_object_is_refused_and_the_connection_goes_on(
    client: Client, text: str
) -> None:
    async with ws_client(client.server) as ws:
        await ws.socket.send(text)
        refused = await ws.next()
        answer = await ws.asked(type="retry", task_id="nothing")

    assert (refused["status"], refused["code"]) == (400, "malformed_json")
    assert answer["status"] == 404


async def test_an_id_names_one_watch_only(client: Client, session_id: str) -> None:
    async with ws_client(client.server) as ws:
        await ws.send(type="watch", session_id=session_id)
        again = await ws.asked(type="watch", session_id=session_id)

    assert (again["status"], again["code"]) == (409, "watch_exists")


async def test_the_watches_of_a_connection_are_bounded(client: Client, session_id: str) -> None:
    async with ws_client(client.server) as ws:
        for number in range(16):
            await ws.send(type="watch", id=f"w{number}", session_id=session_id)
        one_more = await ws.asked(type="watch", id="w16", session_id=session_id)

    assert (one_more["status"], one_more["code"]) == (429, "too_many_watches")


async def test_a_repeat_with_the_same_key_makes_no_second_task(
    client: Client, session_id: str
) -> None:
    async with ws_client(client.server) as ws:
        task = {**TASK, "session_id": session_id, "idempotency_key": session_id}
        answers = [await ws.asked(**task) for _ in range(2)]
        other = await ws.asked(**{**task, "task": "false"})

    assert answers[0] == answers[1]
    assert (other["status"], other["code"]) == (422, "idempotency_key_reused")


async def test_a_message_that_is_too_big_ends_the_connection(client: Client) -> None:
    async with ws_client(client.server) as ws:
        await ws.socket.send("x" * (1024 * 1024 + 1))

        assert await ws.close_code() == 1009


async def test_bytes_end_the_connection(client: Client) -> None:
    async with ws_client(client.server) as ws:
        await ws.socket.send(b"{}")

        assert await ws.close_code() == 1003


@pytest.mark.parametrize("data", [b"\xff", b"\xc3", b'{"type":"\xed\xa0\x80"}'])
async def test_text_that_is_none_ends_the_connection_and_is_no_error_of_the_server(
    client: Client, data: bytes
) -> None:
    async with ws_client(client.server) as ws:
        ws.send_raw_text(data)

        assert await ws.close_code() == 1007
    assert client.server.complaints == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}],
)
async def test_a_page_of_another_site_is_not_let_in(
    client: Client, headers: dict[str, str]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with ws_client(client.server, **headers):
            pass

    assert refused.value.response.status_code == 403


async def test_a_page_of_this_server_is_let_in(client: Client) -> None:
    async with ws_client(client.server, Origin=client.server.base_url) as ws:
        answer = await ws.asked(type="retry", task_id="nothing")

    assert answer["status"] == 404


async def test_a_client_that_does_not_read_delays_no_other_and_misses_nothing(
    client: Client, session_id: str
) -> None:
    async with ws_client(client.server) as stalled:
        await stalled.send(type="watch", session_id=session_id)
        await stalled.next()
        task_id = await client.submit(CHATTY, session_id=session_id)
        frames = await client.events(task_id)  # another watcher's is over while it is stalled
        while len(events_in(stalled.seen)) < len(frames):
            await stalled.next()

    assert events_in(stalled.seen) == [frame.data for frame in frames]


async def test_a_server_that_ends_ends_its_watches_and_closes_with_its_code(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client, ws_client(server) as ws, ws_client(server) as idle:
            await ws.send(type="watch", session_id="s")
            task_id = await client.submit("sleep 60", session_id="s")
            await ws.until(lambda m: m["type"] == "event" and "process_started" in str(m["event"]))
            server.signal(signal.SIGTERM)
            codes = [await ws.close_code(), await idle.close_code()]
        assert server.exit_code() == 0

    assert codes == [1001, 1001]
    assert ws.seen[-1] == {"type": "end", "watch": "watch", "reason": "server_draining"}
    final = events_in(ws.seen)[-1]
    assert isinstance(final, dict)
    assert (final["event_type"], final["task_id"]) == ("task_interrupted", task_id)


def _fields(answer: Json) -> list[object]:
    errors = answer.get("errors", [])
    assert isinstance(errors, list)
    return [error["field"] for error in errors]
