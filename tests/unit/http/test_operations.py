"""What those who run the server ask of it."""

import pytest

from adapters.http.operations_router import NotReady
from tests.http_app import World

PREFIXES = ["", "/api", "/api/v1"]


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_health_needs_no_login(prefix: str) -> None:
    world = World()
    world.authenticator.principal = None
    async with world.client() as client:
        response = await client.get(f"{prefix}/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "version": "1.2.3"})


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_server_that_takes_work_is_ready(prefix: str) -> None:
    async with World().client() as client:
        response = await client.get(f"{prefix}/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("reason", ["draining", "store_unavailable"])
async def test_a_server_that_takes_no_work_says_why(reason: NotReady) -> None:
    async with World(not_ready=reason).client() as client:
        response = await client.get("/ready")

    assert (response.status_code, response.json()["code"]) == (503, reason)
    assert response.headers["retry-after"] == "2"


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_metrics_come_as_they_are_given(prefix: str) -> None:
    async with World().client() as client:
        response = await client.get(f"{prefix}/metrics")

    assert response.text == "events_appended_total 0\n"
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_the_description_is_found_under_every_prefix(prefix: str) -> None:
    async with World().client() as client:
        response = await client.get(f"{prefix}/openapi.json")

    assert response.json()["info"]["title"] == "Agentcast"
