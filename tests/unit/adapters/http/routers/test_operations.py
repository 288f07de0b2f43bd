"""What those who run the server ask of it."""

import pytest

from application.serving.readiness import NotReady
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


@pytest.mark.parametrize("reason", ["draining", "store_unavailable", "watchdog_unavailable"])
async def test_a_server_that_takes_no_work_reports_the_reason(reason: NotReady) -> None:
    async with World(not_ready=reason).client() as client:
        response = await client.get("/ready")

    assert (response.status_code, response.json()["code"]) == (503, reason)
    assert response.headers["retry-after"] == "2"


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_metrics_are_served_as_the_meter_renders_them(prefix: str) -> None:
    async with World().client() as client:
        response = await client.get(f"{prefix}/metrics")

    assert response.text == "events_appended_total 0\n"
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_all_responses_are_counted_by_route_and_class_of_status() -> None:
    world = World()
    asked = [
        *(("GET", f"{prefix}/tasks/task_{n}") for prefix in PREFIXES[1:] for n in range(3)),
        *(("GET", f"/nowhere/{n}") for n in range(3)),
        ("HEAD", "/api/tasks/task_1/calls/call_1/output"),
        ("GET", "/"),
        ("BREW", "/api/v1/tasks"),
    ]
    async with world.client() as client:
        for method, path in asked:
            await client.request(method, path)

    assert answered(world) == {
        ("GET", "/tasks/{task_id}", "4xx"): 6,
        ("HEAD", "/tasks/{task_id}/calls/{call_id}/output", "4xx"): 1,
        ("GET", "other", "4xx"): 3,
        ("GET", "other", "2xx"): 1,
        ("other", "/tasks", "4xx"): 1,
    }


def answered(world: World) -> dict[tuple[str, ...], float]:
    families = {family.name: family.samples for family in world.meter.collect()}
    return {
        tuple(sample.labels.values()): sample.value
        for sample in families["agentcast_http_requests"]
    }


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_the_description_is_found_under_every_prefix(prefix: str) -> None:
    async with World().client() as client:
        response = await client.get(f"{prefix}/openapi.json")

    assert response.json()["info"]["title"] == "Agentcast"
