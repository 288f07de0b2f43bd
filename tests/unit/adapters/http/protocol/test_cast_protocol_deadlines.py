import anyio
import pytest

from adapters.http.protocol.request_deadlines import RequestDeadlines
from tests.patience import PATIENCE_S
from tests.unit.adapters.http.cast_protocol_server import cast_protocol_server, problem_in

HEAD = b"GET /a HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
SOON_S = 0.05
UNFINISHED = {"a head": HEAD, "one byte": b"G", "a body": POST + b"x", "no body": POST}


@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED)
async def test_a_request_that_does_not_end_is_cut(sent: bytes) -> None:
    async with cast_protocol_server(request_s=SOON_S) as server:
        assert problem_in(await server.answer_to(sent)) == (408, "request_too_slow")


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"])
async def test_a_connection_that_asks_nothing_is_closed_without_a_word(sent: bytes) -> None:
    async with cast_protocol_server(request_s=SOON_S) as server:
        assert await server.answer_to(sent) == b""


async def test_a_trickle_is_cut_as_well() -> None:
    async with cast_protocol_server(request_s=SOON_S) as server, server.client() as client:
        client.send(HEAD + b"X: ")
        answer = b""
        with anyio.fail_after(PATIENCE_S):
            while not answer:
                client.send(b"x")
                with anyio.move_on_after(SOON_S / 10):
                    answer = await client.reader.read(4096)

        assert problem_in(answer) == (408, "request_too_slow")


async def test_the_deadline_starts_again_with_each_request_of_a_connection() -> None:
    async with cast_protocol_server(request_s=SOON_S) as server, server.client() as client:
        client.send(HEAD + b"\r\n")
        await client.until(b"/a 0")

        client.send(HEAD)

        assert problem_in(await client.rest()) == (408, "request_too_slow")


async def test_a_request_that_came_in_part_behind_another_is_cut_when_it_is_next() -> None:
    async with cast_protocol_server(request_s=SOON_S) as server, server.client() as client:
        client.send(HEAD + b"\r\n" + POST + b"x")
        await client.until(b"/a 0")

        assert problem_in(await client.rest()) == (408, "request_too_slow")


async def test_a_stream_outlives_the_deadline_also_with_a_request_waiting_behind_it() -> None:
    async with cast_protocol_server(request_s=SOON_S) as server, server.client() as client:
        client.send(HEAD.replace(b"/a", b"/stream") + b"\r\n" + HEAD)
        await client.until(b"begun\r\n")
        async with server.client() as other:  # it is cut later than the stream would have been
            assert await other.rest() == b""

        server.app.let_go.set()

        assert b"ended" in await client.until(b"0\r\n\r\n")
        assert problem_in(await client.rest()) == (408, "request_too_slow")


async def test_an_upgraded_connection_has_no_deadline() -> None:
    async with cast_protocol_server(request_s=60) as server, server.client() as client:
        client.send(
            HEAD
            + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )

        assert b" 101 " in await client.until(b"\r\n\r\n")
        assert server.state.deadlines.running == 0


async def test_who_came_first_is_due_first_and_asking_twice_gives_no_more_time() -> None:
    deadlines, passed = RequestDeadlines(seconds=SOON_S), anyio.Event()
    cut: list[str] = []
    first, second, done = (_Waiting(name, cut, passed) for name in ("first", "second", "done"))
    for waiting in (first, second, done, first):
        deadlines.start(waiting)

    deadlines.stop(done)
    with anyio.fail_after(PATIENCE_S):
        await passed.wait()

    assert cut == ["first", "second"]
    assert deadlines.running == 0


class _Waiting:
    def __init__(self, name: str, cut: list[str], passed: anyio.Event) -> None:
        self._name = name
        self._cut = cut
        self._passed = passed

    def deadline_passed(self) -> None:
        self._cut.append(self._name)
        if len(self._cut) == 2:
            self._passed.set()
