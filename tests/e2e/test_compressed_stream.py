"""Streams compressed on request: smaller, and as prompt as the others."""

import zlib

import anyio
import pytest

from tests.e2e.client import Client, events_of, ids_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.sse_reader import WAIT_S, Frame, SseParser, SseStream

TALKING = "for i in $(seq 200); do echo $i; done"
GZIP = 16 + zlib.MAX_WBITS
UNCOMPRESSED = [
    ("", "gzip"),
    ("?compress=0", "gzip"),
    ("?compress=1", "identity"),
    ("?compress=1", "br"),
    ("?compress=1", "gzip;q=0"),
    ("?compress=1", "gzip;q=x"),
]


async def test_a_compressed_stream_is_the_same_and_smaller(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(TALKING, session_id=session_id)
    plain = await client.events(task_id)

    path = f"/api/v1/tasks/{task_id}/events?compress=1"
    headers = {"accept": "text/event-stream", "accept-encoding": "br, gzip;q=0.5"}
    async with client.http.stream("GET", client.url(path), headers=headers) as response:
        body = b"".join([part async for part in response.aiter_raw()])
        had = (response.headers["content-encoding"], response.headers["vary"])

    inflate = zlib.decompressobj(GZIP)
    text = inflate.decompress(body)
    assert had == ("gzip", "accept-encoding")
    assert (inflate.eof, inflate.unused_data) == (True, b"")
    assert events_of(SseParser().feed(text)) == plain
    assert len(body) * 4 < len(text)


async def test_each_event_arrives_before_the_next_one_is_made(
    client: Client, session_id: str
) -> None:
    path = f"/api/v1/sse?session_id={session_id}&compress=1"
    headers = {"accept": "text/event-stream", "accept-encoding": "gzip"}
    async with client.http.stream("GET", client.url(path), headers=headers) as response:
        stream = SseStream(response)
        inflate, chunks, parser = zlib.decompressobj(GZIP), response.aiter_raw(), SseParser()
        seen: list[Frame] = []

        async def until(event: str) -> None:
            while event not in [frame.event for frame in seen]:
                with anyio.fail_after(WAIT_S):
                    seen.extend(parser.feed(inflate.decompress(await anext(chunks))))

        await until("connected")
        task_id = await client.submit(f"{OPEN_GATE}; {PASS}", session_id=session_id)
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as other:
            gate = await gate_of(other)
            await until("log")
            assert "task_complete" not in [frame.event for frame in seen]
            gate.let_pass()
            await until("task_complete")

    assert stream.status == 200
    assert ids_of(events_of(seen)) == ids_of(await client.events(task_id))


@pytest.mark.parametrize(("query", "accepted"), UNCOMPRESSED)
async def test_nothing_is_compressed_unless_both_sides_ask_for_it(
    client: Client, session_id: str, query: str, accepted: str
) -> None:
    task_id = await client.submit("true", session_id=session_id)

    path = f"/api/v1/tasks/{task_id}/events{query}"
    headers = {"accept": "text/event-stream", "accept-encoding": accepted}
    async with client.http.stream("GET", client.url(path), headers=headers) as response:
        frames = await SseStream(response).to_end()

    assert "content-encoding" not in response.headers
    assert frames[-1].event == "end"


async def test_what_is_over_and_read_is_answered_alike(client: Client, session_id: str) -> None:
    task_id = await client.submit("true", session_id=session_id)
    last = (await client.events(task_id))[-1]

    path = f"/api/v1/tasks/{task_id}/events?compress=1&after={last.id}"
    response = await client.request(
        "GET", path, accept="text/event-stream", accept_encoding="gzip"
    )

    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("value", ["2", "yes", ""])
async def test_any_other_value_is_refused(client: Client, value: str) -> None:
    response = await client.request("GET", f"/api/v1/sse?session_id=s&compress={value}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "compress"
