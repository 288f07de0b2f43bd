"""An HTTP client of a real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import WAIT_S, Frame, Json, SseStream

ENDS = frozenset({"task_complete", "task_failed", "task_cancelled", "task_interrupted"})
_MADE_BY_STREAMS = frozenset({"connected", "reset", "cursor", "end"})


class Client:
    """Looks its server up with each request, so that the server may be restarted."""

    def __init__(self, server: RunningServer, http: httpx2.AsyncClient) -> None:
        self.server = server
        self.http = http

    async def request(
        self, method: str, path: str, *, json: object = None, **headers: str
    ) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, self.url(path), json=json, headers=named)

    async def get(self, path: str, **headers: str) -> Json:
        response = await self.request("GET", path, **headers)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body

    async def submit(
        self, task: str, *, session_id: str, agent: str = "shell", **more: object
    ) -> str:
        """The id of the task."""
        body = {"task": task, "session_id": session_id, "agent": agent, **more}
        response = await self.request("POST", "/api/v1/tasks", json=body)
        assert response.status_code == 202, response.text
        return str(response.json()["task_id"])

    async def finished(self, task_id: str) -> Json:
        """The task, after its end."""
        await self.events(task_id)
        return await self.get(f"/api/v1/tasks/{task_id}")

    async def events(self, task_id: str, *, wait_s: float = WAIT_S) -> list[Frame]:
        """All events of the task, read as a stream up to its end."""
        async with self.stream(f"/api/v1/tasks/{task_id}/events", wait_s=wait_s) as stream:
            return events_of(await stream.to_end())

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        last_event_id: str | None = None,
        method: str = "GET",
        json: object = None,
        wait_s: float = WAIT_S,
    ) -> AsyncIterator[SseStream]:
        headers = {"accept": "text/event-stream"}
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id
        async with self.http.stream(
            method, self.url(path), json=json, headers=headers
        ) as response:
            yield SseStream(response, wait_s=wait_s)

    def url(self, path: str) -> str:
        return self.server.base_url + path


@asynccontextmanager
async def client_of(server: RunningServer) -> AsyncIterator[Client]:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
    timeout = httpx2.Timeout(10.0, read=None)
    # It is plain HTTP: to load the certificates to be trusted takes as long as most of these tests.
    async with httpx2.AsyncClient(
        limits=limits, timeout=timeout, trust_env=False, verify=False
    ) as http:
        yield Client(server, http)


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a server of this test alone, which may end it."""
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            yield client


def events_of(frames: list[Frame]) -> list[Frame]:
    """Without those that a stream makes itself."""
    return [frame for frame in frames if frame.event not in _MADE_BY_STREAMS]


def ids_of(frames: list[Frame]) -> list[str | None]:
    return [frame.id for frame in frames]


def line_nums(frames: list[Frame]) -> list[object]:
    return [frame.data["line_num"] for frame in frames if frame.event == "log"]


def types_of(frames: list[Frame]) -> list[str]:
    return [frame.event for frame in frames]


def ends_of(frames: list[Frame]) -> list[str]:
    """The types of the final events among them."""
    return [frame.event for frame in frames if frame.event in ENDS]
