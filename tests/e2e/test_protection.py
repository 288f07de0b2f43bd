"""Clients that are slow, silent or greedy: each is shown out, and nobody else notices."""

import json
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest

from tests.e2e.client import Client, client_of
from tests.e2e.raw_client import raw_client
from tests.e2e.running_server import RunningServer, running_server
from tests.patience import PATIENCE_S

REQUEST_S = 0.4
_POST = b"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
SLOW = {
    "a head without end": GET,
    "a body that stops": _POST + b'Content-Length: 99\r\n\r\n{"task"',
    "a chunk that stops": _POST + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"task"',
}
KIB = 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("protection") / "data"
    with running_server(data_dir, AGENTCAST_REQUEST_S=str(REQUEST_S)) as server:
        yield server


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[Client]:
    async with client_of(server) as client:
        yield client


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
async def test_a_request_that_stops_half_way_gets_408_and_is_cut(
    server: RunningServer, sent: bytes
) -> None:
    async with raw_client(server) as slow:
        slow.send(sent)
        answer = await slow.rest()

    assert _problem(answer) == (408, "request_too_slow")


async def test_a_silent_connection_is_closed(server: RunningServer) -> None:
    async with raw_client(server) as silent:
        assert await silent.rest() == b""


@pytest.mark.parametrize("sent", [GET + b"X: ", _POST + b"Content-Length: 99999\r\n\r\n"])
async def test_a_trickle_is_cut_as_well(server: RunningServer, sent: bytes) -> None:
    async with raw_client(server) as slow:
        slow.send(sent)
        answer = b""
        with anyio.fail_after(PATIENCE_S):
            while not answer:
                slow.send(b"x")
                answer = await slow.anything(within_s=REQUEST_S / 20)

    assert _problem(answer) == (408, "request_too_slow")


async def test_a_stream_goes_on_while_others_are_cut(
    server: RunningServer, client: Client, session_id: str
) -> None:
    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        await stream.take(1)
        for _ in range(2):
            async with raw_client(server) as silent:
                assert await silent.rest() == b""
        await client.submit("echo still here", session_id=session_id)

        seen = await stream.until("task_complete")

    assert "still here" in [frame.data.get("line") for frame in seen]


async def test_the_time_of_a_request_begins_with_it_not_with_its_connection(
    server: RunningServer,
) -> None:
    async with raw_client(server) as kept, raw_client(server) as silent:
        kept.send(GET + b"\r\n")
        await kept.until(b'"ok"')
        assert await silent.rest() == b""  # a whole deadline later

        kept.send(GET + b"\r\n" + GET + b"\r\n")

        await kept.until(b'"ok"')
        await kept.until(b'"ok"')


@pytest.mark.parametrize("filling", [b"X: " + b"x" * 17 * KIB, b"X: y\r\n" * 4_000])
async def test_a_head_above_sixteen_kibibytes_is_refused(
    server: RunningServer, filling: bytes
) -> None:
    async with raw_client(server) as greedy:
        greedy.send(GET + filling.rstrip() + b"\r\n\r\n")
        answer = await greedy.rest()

    assert _problem(answer) == (431, "head_too_large")


async def test_what_is_no_http_is_refused_with_a_problem(server: RunningServer) -> None:
    async with raw_client(server) as other:
        other.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        answer = await other.rest()

    assert _problem(answer) == (400, "not_http")


def _problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head
    assert b"\r\ncontent-type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == int(head.split()[1])
    return problem["status"], problem["code"]
