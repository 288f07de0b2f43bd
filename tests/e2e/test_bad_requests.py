"""Requests that cannot be granted: a clear 4xx with the field named, and the server goes on."""

import re
from collections.abc import AsyncIterator

import anyio
import httpx2
import pytest

from tests.e2e.client import Client
from tests.patience import PATIENCE_S

TASKS = "/api/v1/tasks"
JSON = {"content-type": "application/json"}
MIB = 1024 * 1024
BODIES: dict[str, tuple[bytes, int, str | None]] = {
    "cut off": (b'{"task": ', 400, None),
    "empty": (b"", 422, "body"),
    "UTF-16": ('{"task": "x"}'.encode("utf-16"), 400, None),
    "not a number": (b'{"task": NaN}', 400, None),
    "a name twice": (b'{"task": "a", "task": "b"}', 400, None),
    "very deep": (b"[" * 100_000 + b"]" * 100_000, 400, None),
    "a list": (b"[]", 422, None),
    "no task": (b"{}", 422, "task"),
    "a number for a task": (b'{"task": 1}', 422, "task"),
    "unknown agent": (b'{"task": "x", "agent": "nobody"}', 422, "agent"),
    "no session id": (b'{"task": "x", "session_id": "a b"}', 422, "session_id"),
    "negative limit": (b'{"task": "x", "limits": {"timeout_s": -1}}', 422, "limits.timeout_s"),
    "unknown choice": (b'{"task": "x", "on_busy": "queue"}', 422, "on_busy"),
    "unknown name": (b'{"task": "x", "surprise": 1}', 422, "surprise"),
}
_HEAD = b"GET /api/v1/sse?session_id=a HTTP/1.1\r\nHost: localhost\r\n"
HEADS = {
    "two hosts": _HEAD + b"Host: localhost\r\n\r\n",
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "NUL in a cursor": _HEAD + b"Last-Event-ID: \0\r\n\r\n",
    "a huge cursor": _HEAD + b"Last-Event-ID: " + b"1" * MIB + b"\r\n\r\n",
    "negative length": b"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "words": b"nonsense\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize(("body", "status", "field"), BODIES.values(), ids=BODIES)
async def test_a_body_that_cannot_be_used_is_refused(
    client: Client, body: bytes, status: int, field: str | None
) -> None:
    answer = await client.http.post(client.url(TASKS), content=body, headers=JSON)

    _assert_problem(answer, status)
    fields = [error["field"] for error in answer.json().get("errors", [])]
    assert field is None or field in fields
    await _assert_healthy(client)


async def test_no_route_of_the_api_takes_a_query_that_it_does_not_describe(client: Client) -> None:
    description = (await client.request("GET", "/openapi.json")).json()
    routes = [
        (method.upper(), re.sub("{.*?}", "some", path))
        for path, methods in description["paths"].items()
        for method in methods
        if path.startswith("/api/v1/")
    ]
    answers = {
        f"{method} {path}": await client.http.request(method, client.url(path + "?surprise=1"))
        for method, path in routes
    }

    assert len(answers) > 30
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 400
    )


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_of_two_mebibytes_is_refused(client: Client, is_chunked: bool) -> None:
    body = b'{"task": "' + b"x" * (2 * MIB) + b'"}'
    content = _chunks(body) if is_chunked else body

    answer = await client.http.post(client.url(TASKS), content=content, headers=JSON)

    _assert_problem(answer, 413)
    await _assert_healthy(client)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "localhost@evil.example", "127.0.0.1.nip.io"],
)
async def test_a_wrong_host_is_misdirected(client: Client, host: str) -> None:
    for path in ("/health", "/api/v1/sessions", "/api/v1/sse?session_id=x", "/"):
        answer = await client.request("GET", path, host=host)
        _assert_problem(answer, 421)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sessions/nobody",
        "/api/v1/sessions/nobody/events",
        "/api/v1/sessions/nobody/messages",
        "/api/v1/tasks/nobody",
        "/api/v1/tasks/nobody/events",
        "/api/v1/agents/nobody",
        "/api/v1/agents/nobody/stream",
        "/api/v1/nothing",
        "/api/v1/sessions/..%2f..%2fetc",
    ],
)
async def test_what_does_not_exist_is_not_found(client: Client, path: str) -> None:
    _assert_problem(await client.request("GET", path), 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/api/v1/sessions/nobody", 404),
        ("POST", "/api/v1/tasks/nobody/cancel", 404),
        ("POST", "/api/v1/tasks/nobody/retry", 404),
        ("PUT", "/api/v1/tasks", 405),
        ("GET", "/api/v1/sse?task_id=nobody", 400),
        ("GET", "/api/v1/sse?agent_id=nobody", 400),
        ("GET", "/api/v1/tasks?status=bored", 400),
        ("GET", "/api/v1/tasks?limit=0", 400),
        ("GET", "/api/v1/tasks?cursor=%00", 400),
    ],
)
async def test_a_request_that_means_nothing_is_refused(
    client: Client, method: str, path: str, status: int
) -> None:
    _assert_problem(await client.request(method, path), status)


async def test_a_body_of_another_type_is_refused(client: Client) -> None:
    answer = await client.http.post(
        client.url(TASKS), content=b"task=x", headers={"content-type": "text/plain"}
    )

    _assert_problem(answer, 415)


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
async def test_bytes_that_are_no_good_request_get_a_4xx_or_are_cut_off(
    client: Client, head: bytes
) -> None:
    status_line = await _status_line(client, head)

    assert status_line == b"" or status_line.startswith(b"HTTP/1.1 4")
    await _assert_healthy(client)


async def _status_line(client: Client, head: bytes) -> bytes:
    port = int(client.server.base_url.rpartition(":")[2])
    with anyio.fail_after(PATIENCE_S):
        async with await anyio.connect_tcp("127.0.0.1", port) as connection:
            try:
                await connection.send(head)
                return (await connection.receive()).partition(b"\r\n")[0]
            except (anyio.BrokenResourceError, anyio.EndOfStream):
                return b""


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


def _assert_problem(answer: httpx2.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text and "/work" not in answer.text


async def _assert_healthy(client: Client) -> None:
    assert (await client.get("/health"))["status"] == "ok"
    assert await client.get("/ready") == {"status": "ready"}
