"""Which pages may read the answers."""

from collections.abc import Mapping

import pytest

from tests.http_app import World

ORIGIN = "https://app.example.com"
WORLD = World(cors_origins=[ORIGIN])
PREFLIGHT = {"Access-Control-Request-Method": "POST"}


def cors_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}


async def test_a_listed_origin_may_read_what_it_needs() -> None:
    async with WORLD.client() as client:
        response = await client.get("/api/v1/agents", headers={"Origin": ORIGIN})

    assert cors_headers(response.headers) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-expose-headers": "Location, Retry-After, X-Log-Truncated, X-Request-Id",
    }
    assert response.headers["vary"] == "Origin"


async def test_a_listed_origin_may_read_errors_too() -> None:
    async with WORLD.client() as client:
        response = await client.get("/api/v1/tasks/nobody", headers={"Origin": ORIGIN})

    assert response.status_code == 404
    assert response.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com",
        "https://app.example.com.evil.com",
        "https://app.example.com:443",
        "http://app.example.com",
        "https://APP.example.com",
        "null",
        "*",
        "",
    ],
)
async def test_another_origin_may_not(origin: str) -> None:
    async with WORLD.client() as client:
        response = await client.get("/api/v1/agents", headers={"Origin": origin})
        preflight = await client.options("/api/v1/tasks", headers={"Origin": origin, **PREFLIGHT})

    assert cors_headers(response.headers) == {}
    assert response.headers["vary"] == "Origin"
    assert cors_headers(preflight.headers) == {}
    assert preflight.status_code == 403


async def test_by_default_no_origin_may() -> None:
    async with World().client() as client:
        response = await client.get("/api/v1/agents", headers={"Origin": ORIGIN})

    assert cors_headers(response.headers) == {}
    assert "vary" not in response.headers


async def test_a_listed_origin_gets_the_headers_and_methods_it_may_send() -> None:
    async with WORLD.client() as client:
        response = await client.options("/api/v1/tasks", headers={"Origin": ORIGIN, **PREFLIGHT})

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-methods"] == "GET, POST"
    assert "Last-Event-ID" in response.headers["access-control-allow-headers"]
    assert response.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in response.headers


async def test_every_method_of_every_path_may_be_sent_from_a_listed_origin() -> None:
    async with WORLD.client() as client:
        described = (await client.get("/openapi.json")).json()["paths"]
        for path, operations in described.items():
            preflight = await client.options(
                path.replace("{", "").replace("}", ""), headers={"Origin": ORIGIN, **PREFLIGHT}
            )
            allowed = preflight.headers["access-control-allow-methods"].lower().split(", ")
            assert set(operations) <= {*allowed, "parameters"}, path


async def test_an_agent_may_be_put_from_a_listed_origin() -> None:
    async with WORLD.client() as client:
        preflight = await client.options(
            "/api/v1/agents/mine", headers={"Origin": ORIGIN, **PREFLIGHT}
        )

    assert preflight.headers["access-control-allow-methods"] == "GET, PUT, DELETE"


async def test_a_page_may_read_that_a_path_is_not_there() -> None:
    async with WORLD.client() as client:
        preflight = await client.options("/nope", headers={"Origin": ORIGIN, **PREFLIGHT})

    assert "PUT" in preflight.headers["access-control-allow-methods"]
