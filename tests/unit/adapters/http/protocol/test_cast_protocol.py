import pytest

from tests.unit.adapters.http.cast_protocol_server import cast_protocol_server, problem_in

HEAD = b"GET /a HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
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
    async with cast_protocol_server() as server:
        assert problem_in(await server.answer_to(request_bytes)) == (431, "head_too_large")
        assert server.app.seen == []


async def test_too_large_a_head_behind_another_request_is_not_served() -> None:
    async with cast_protocol_server() as server:
        await server.answer_to(HEAD + b"\r\n" + LARGE_HEADS["one long header"])

        assert server.app.seen.count("/a") == 1


async def test_trailers_without_end_are_refused() -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n" + b"X: y\r\n" * 60_000
    async with cast_protocol_server() as server:
        assert problem_in(await server.answer_to(POST + body)) == (431, "head_too_large")
        assert server.app.seen == ["/a", "disconnect"]


async def test_a_head_of_just_sixteen_kibibytes_passes() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        filling = b"x" * (16 * KIB - len(b"/a") - len(b"Hostlocalhost") - len(b"X") - 8)
        client.send(HEAD + b"X: " + filling + b"\r\n\r\n")

        assert (await client.until(b"/a 0")).startswith(b"HTTP/1.1 200")


async def test_a_body_is_not_counted_as_head_however_it_is_cut() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        chunks = b"".join(b"1\r\nx\r\n" for _ in range(20_000)) + b"0\r\n\r\n"
        client.send(CHUNKED + chunks + HEAD + b"\r\n")

        assert (await client.until(b"/a 20000")).startswith(b"HTTP/1.1 200")
        assert (await client.until(b"/a 0")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "body",
    [
        b"".join(b"1;ext=1\r\nx\r\n" for _ in range(20_000)) + b"0\r\n\r\n",
        b"1;ext=" + b"x" * 21 * KIB + b"\r\nx\r\n0\r\n\r\n",
        b"1;ext=" + b"x" * 21 * KIB,
        b"3\r\nabc\r\n0\r\nX: " + b"y" * 21 * KIB + b"\r\n\r\n",
        b"3\r\nabc\r\n0\r\n" + b"X: y\r\n" * 4 * KIB + b"\r\n",
        b"".join(b"400;e=1234567890\r\n" + b"x" * KIB + b"\r\n" for _ in range(2_000)),
    ],
    ids=["small ones", "a long one", "one without end", "a long trailer", "trailers", "in a body"],
)
async def test_extensions_of_chunks_and_trailers_count_as_head(body: bytes) -> None:
    async with cast_protocol_server() as server:
        assert problem_in(await server.answer_to(CHUNKED + body)) == (431, "head_too_large")
        assert server.app.seen == ["/a", "disconnect"]


async def test_a_little_of_them_is_passed_over() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        client.send(CHUNKED + b"3;ext=1\r\nabc\r\n0;ext=2\r\nX: y\r\n\r\n")

        assert (await client.until(b"/a 3")).startswith(b"HTTP/1.1 200")


async def test_a_trailer_does_not_pass_for_a_header() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        client.send(CHUNKED + b"0\r\nX-Api-Key: y\r\n\r\n")

        assert (await client.until(b"/a 0")).startswith(b"HTTP/1.1 200")
    assert server.app.headers == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize(
    "codings",
    [
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding: identity, chunked\r\n",
        b"Transfer-Encoding: ,chunked\r\n",
    ],
)
async def test_a_coding_that_is_not_understood_is_refused(codings: bytes) -> None:
    request = POST + codings + b"\r\n3\r\nabc\r\n0\r\n\r\n"
    async with cast_protocol_server() as server:
        refusal = problem_in(await server.answer_to(request))

        assert refusal in [(501, "unknown_transfer_coding"), (400, "not_http")]
        assert server.app.seen == []


@pytest.mark.parametrize(
    "head",
    [
        b"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /a HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",
    ],
)
async def test_a_body_whose_end_could_be_read_in_two_ways_is_refused(head: bytes) -> None:
    async with cast_protocol_server() as server:
        answer = await server.answer_to(head + b"3\r\nabc\r\n0\r\n\r\n")

        assert problem_in(answer)[0] in (400, 501)
        assert server.app.seen in ([], ["/a", "disconnect"])


async def test_the_name_of_the_coding_may_be_in_capitals() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        client.send(POST + b"Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

        assert (await client.until(b"/a 3")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9\r\n"]
)
async def test_what_is_no_http_gets_a_problem(nonsense: bytes) -> None:
    async with cast_protocol_server() as server:
        assert problem_in(await server.answer_to(nonsense)) == (400, "not_http")


async def test_nonsense_behind_a_stream_ends_it_and_writes_nothing_into_it() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        client.send(HEAD.replace(b"/a", b"/stream") + b"\r\n")
        await client.until(b"begun\r\n")

        client.send(b"nonsense\r\n\r\n")

        assert await client.rest() == b""


async def test_a_broken_body_is_answered_once_and_its_application_notified() -> None:
    async with cast_protocol_server() as server:
        chunked = b"Transfer-Encoding: chunked\r\n\r\n"

        assert problem_in(await server.answer_to(POST + chunked + b"zz\r\n")) == (400, "not_http")
        assert server.app.seen == ["/a", "disconnect"]


async def test_requests_may_share_a_connection_and_come_all_at_once() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        first, second = HEAD + b"\r\n", POST + b"Content-Length: 3\r\n\r\nxyz"
        client.send(first + second + first)

        for end in (b"/a 0", b"/a 3", b"/a 0"):
            await client.until(end)
        client.send(second)
        await client.until(b"/a 3")


async def test_a_refused_client_that_goes_on_sending_still_reads_why() -> None:
    async with cast_protocol_server() as server, server.client() as client:
        client.send(b"nonsense\r\n\r\n" + b"x" * 512 * KIB)

        assert problem_in(await client.rest()) == (400, "not_http")
