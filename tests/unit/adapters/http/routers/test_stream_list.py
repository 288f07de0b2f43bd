"""What those who run the server see of its streams."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx2

from adapters.http.app import http_app
from adapters.http.requests.caller import caller_by
from adapters.http.routers.watchers import stream_listing_router
from adapters.http.streaming.open_streams import StreamInfo
from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL, Principal
from tests.fakes import FakeClock
from tests.http_app import FakeAuthenticator

STREAM = StreamInfo(
    stream_id="st_1",
    tenant="local",
    owner="ada",
    session_ids=(SessionId("s1"), SessionId("s2")),
    agents=(AgentName("shell"),),
    task_ids=(TaskId("t1"),),
    since=FakeClock().now(),
    writer="reactor",
    lag_events=3,
    bytes_sent=4096,
    is_parked=True,
)


async def test_an_operator_sees_each_stream_and_how_far_it_is_behind() -> None:
    async with _client(LOCAL) as client:
        response = await client.get("/api/v1/streams")

    assert response.status_code == 200
    assert response.json()["items"][0] == {
        "stream_id": "st_1",
        "owner": "ada",
        "session_ids": ["s1", "s2"],
        "agents": ["shell"],
        "task_ids": ["t1"],
        "since": "2026-11-21T10:00:00.000000Z",
        "writer": "reactor",
        "lag_events": 3,
        "bytes_sent": 4096,
        "is_parked": True,
    }
    assert [item["stream_id"] for item in response.json()["items"]] == ["st_1", "st_2"]


async def test_only_the_operator_sees_the_streams() -> None:
    async with _client(Principal(tenant="acme", owner="eve", name="eve")) as client:
        response = await client.get("/api/v1/streams")

    assert (response.status_code, response.json()["code"]) == (403, "operators_only")
    assert "st_1" not in response.text


async def test_the_listing_is_described() -> None:
    async with _client(LOCAL) as client:
        description = (await client.get("/openapi.json")).json()

    answer = description["components"]["schemas"]["StreamAnswer"]
    assert set(answer["required"]) == set(answer["properties"])
    assert answer["properties"]["writer"]["enum"] == ["portable", "reactor"]


@dataclass
class _Streams:
    def listing(self) -> Iterable[StreamInfo]:
        return [STREAM, replace(STREAM, stream_id="st_2")]


@asynccontextmanager
async def _client(principal: Principal) -> AsyncIterator[httpx2.AsyncClient]:
    caller = caller_by(FakeAuthenticator(principal))
    app = http_app(
        routers=[stream_listing_router(streams=_Streams(), caller=caller)],
        version="1.2.3",
        clock=FakeClock(),
        readiness=_ready,
        metrics=lambda: (b"", "text/plain"),
        meter=PrometheusMeter(new_registry()),
    )
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def _ready() -> None:
    return None
