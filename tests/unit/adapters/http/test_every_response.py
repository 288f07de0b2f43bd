"""The headers of every response, and the log line of every request."""

import logging

import pytest

from tests.http_app import World

REQUESTS = [("GET", "/"), ("GET", "/health"), ("GET", "/nope"), ("POST", "/api/v1/tasks")]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
async def test_every_response_keeps_the_browser_careful(method: str, path: str) -> None:
    async with World().client() as client:
        headers = (await client.request(method, path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == (
        "default-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
    )


async def test_a_refusal_at_the_door_carries_them_too() -> None:
    async with World().client() as client:
        response = await client.get("/health", headers={"Host": "evil.com"})

    assert response.status_code == 421
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"] == response.json()["request_id"]


async def test_an_error_nobody_foresaw_carries_them_too() -> None:
    world = World()
    world.coordinator.error = RuntimeError("a bug")
    async with world.client() as client:
        response = await client.get("/api/v1/tasks")

    assert response.status_code == 500
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"] == response.json()["request_id"]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/v1/tasks", "no-store"),
        ("/api/tasks", "no-store"),
        ("/api/v1/tasks/task_1/log", "no-store"),
        ("/api/v1/agents", "no-store"),
        ("/health", "no-store"),
        ("/nope", "no-store"),
        ("/", "no-cache"),
    ],
)
async def test_no_cache_keeps_what_tasks_do(path: str, kept: str) -> None:
    async with World().client() as client:
        response = await client.get(path)

    assert response.headers.get_list("cache-control") == [kept]


@pytest.mark.parametrize("given", ["abc-1.2_3:4", "x" * 64])
async def test_a_sane_request_id_is_echoed(given: str) -> None:
    async with World().client() as client:
        response = await client.get("/nope", headers={"X-Request-Id": given})

    assert response.headers["x-request-id"] == given
    assert response.json()["request_id"] == given


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 65, b"<script>", b"a\tb", b"\xe9"])
async def test_any_other_request_id_is_replaced(given: bytes) -> None:
    async with World().client() as client:
        response = await client.get("/nope", headers={b"X-Request-Id": given})

    assert response.headers["x-request-id"].startswith("req_")


async def test_a_request_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="agentcast.access"):
        async with World().client() as client:
            await client.get(
                "/api/v1/a%0Ab?ticket=secret", headers={"X-Request-Id": "the-request"}
            )

    assert [record.getMessage() for record in caplog.records] == [
        "GET /api/v1/a%0Ab 404 0.0 ms the-request"
    ]


@pytest.mark.parametrize("path", ["/health", "/api/health", "/api/v1/health"])
async def test_health_is_not_logged(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="agentcast.access"):
        async with World().client() as client:
            await client.get(path)

    assert caplog.records == []
