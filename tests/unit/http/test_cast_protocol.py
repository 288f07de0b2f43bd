import pytest

from tests.unit.http.loopback import loopback, problem_in

HEAD = b"GET /a HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: localhost\r\n"
KIB = 1024
LARGE_HEADS = {
    "one long header": HEAD + b"X: " + b"x" * 17 * KIB + b"\r\n\r\n",
    "a header without end": HEAD + b"X: " + b"x" * 17 * KIB,
    "a huge header": HEAD + b"X: " + b"x" * 1024 * KIB + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X%d: y\r\n" % n for n in range(3_000)) + b"\r\n",
    "a long target": b"GET /" + b"a" * 17 * KIB + b" HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", LARGE_HEADS.values(), ids=LARGE_HEADS)
async def test_too_large_a_head_is_refused_and_no_application_sees_it(
    request_bytes: bytes,
) -> None:
    async with loopback() as server:
        assert problem_in(await server.answer_to(request_bytes)) == (431, "head_too_large")
        assert server.app.seen == []


async def test_too_large_a_head_behind_another_request_is_not_served() -> None:
    async with loopback() as server:
        await server.answer_to(HEAD + b"\r\n" + LARGE_HEADS["one long header"])

        assert server.app.seen.count("/a") == 1


async def test_trailers_without_end_are_refused() -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" + b"X: y\r\n" * 60_000
    async with loopback() as server:
        assert problem_in(await server.answer_to(POST + body)) == (431, "head_too_large")
        assert server.app.seen == ["/a", "disconnect"]


async def test_a_head_of_just_sixteen_kibibytes_passes() -> None:
    async with loopback() as server, server.client() as client:
        filling = b"x" * (16 * KIB - len(b"/a") - len(b"Hostlocalhost") - len(b"X") - 8)
        client.send(HEAD + b"X: " + filling + b"\r\n\r\n")

        assert (await client.until(b"/a 0")).startswith(b"HTTP/1.1 200")


async def test_a_body_is_not_counted_as_head_however_it_is_cut() -> None:
    async with loopback() as server, server.client() as client:
        chunks = b"".join(b"1;ext=1\r\nx\r\n" for _ in range(20_000)) + b"0\r\n\r\n"
        client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + HEAD + b"\r\n")

        assert (await client.until(b"/a 20000")).startswith(b"HTTP/1.1 200")
        assert (await client.until(b"/a 0")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9\r\n"]
)
async def test_what_is_no_http_gets_a_problem(nonsense: bytes) -> None:
    async with loopback() as server:
        assert problem_in(await server.answer_to(nonsense)) == (400, "not_http")


async def test_nonsense_behind_a_stream_ends_it_and_writes_nothing_into_it() -> None:
    async with loopback() as server, server.client() as client:
        client.send(HEAD.replace(b"/a", b"/stream") + b"\r\n")
        await client.until(b"begun\r\n")

        client.send(b"nonsense\r\n\r\n")

        assert await client.rest() == b""


async def test_a_broken_body_is_answered_once_and_its_application_is_told() -> None:
    async with loopback() as server:
        chunked = b"Transfer-Encoding: chunked\r\n\r\n"

        assert problem_in(await server.answer_to(POST + chunked + b"zz\r\n")) == (400, "not_http")
        assert server.app.seen == ["/a", "disconnect"]


async def test_requests_may_share_a_connection_and_come_all_at_once() -> None:
    async with loopback() as server, server.client() as client:
        first, second = HEAD + b"\r\n", POST + b"Content-Length: 3\r\n\r\nxyz"
        client.send(first + second + first)

        for end in (b"/a 0", b"/a 3", b"/a 0"):
            await client.until(end)
        client.send(second)
        await client.until(b"/a 3")


async def test_a_refused_client_that_goes_on_sending_still_reads_why() -> None:
    async with loopback() as server, server.client() as client:
        client.send(b"nonsense\r\n\r\n" + b"x" * 512 * KIB)

        assert problem_in(await client.rest()) == (400, "not_http")
