"""A client that had no event yet comes back after a restart to all that happened meanwhile."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest

from tests.e2e.client import Client, client_of, events_of, types_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame, SseStream
from tests.e2e.ws_client import events_in, last_cursor, ws_client

TALKING = "for i in $(seq 30); do echo $i; done"


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a server that this test may end."""
    with running_server(tmp_path / "data", AGENTCAST_STREAM_PING_S="7.5") as server:
        async with client_of(server) as client:
            yield client


async def test_whatever_it_watches_it_goes_on_from_where_its_stream_began(own: Client) -> None:
    old = await own.events(await own.submit("echo old", session_id="old"))
    await own.events(await own.submit("echo other", session_id="other"))
    before = await own.events(await own.submit("echo x", session_id="old", agent="react"))
    paths = {
        "a session": "/api/sse?session_id=old",
        "one that is not there yet": "/api/v1/sse?session_id=new",
        "several": "/api/v1/sse?session_id=old,new,other",
        "none of several": "/api/v1/sse?session_id=new,newer",
        "an agent": "/api/v1/agents/shell/stream",
        "an agent's part of a session": "/api/v1/sse?session_id=old&agent_id=shell",
    }
    connected = await _connected(own, paths)
    async with ws_client(own.server) as ws:
        await ws.send(type="watch", session_id="old")
        received = [await ws.next()]

    own.server.stop()
    await anyio.to_thread.run_sync(own.server.start)
    meanwhile = {
        name: await own.events(await own.submit(TALKING, session_id=name))
        for name in ("old", "new")
    }

    seen = {
        kind: await _events(own, path, str(connected[kind].id), wanted=_wanted(kind, meanwhile))
        for kind, path in paths.items()
    }
    for kind, events in seen.items():
        assert events == _sorted(_wanted(kind, meanwhile)), kind
    assert connected["one that is not there yet"].id == "0-00000000"
    assert connected["a session"].id == f"{len(old) + len(before)}-{_tag(before[-1])}"
    for frame in connected.values():
        assert (frame.data["cursor"], frame.data["ping_s"]) == (frame.id, 7.5)
    async with ws_client(own.server) as ws:
        await ws.send(type="watch", session_id="old", after=last_cursor(received))
        await ws.until(lambda message: len(events_in(ws.seen)) == len(meanwhile["old"]))
    assert events_in(ws.seen) == [frame.data for frame in meanwhile["old"]]


async def test_a_stream_of_a_task_begins_behind_the_event_before_its_own(own: Client) -> None:
    first = await own.events(await own.submit("echo first", session_id="s"))
    task_id = await own.submit("echo second", session_id="s")
    path = f"/api/v1/tasks/{task_id}/events"
    async with own.stream(path) as stream:
        [connected] = await stream.take(1)
        whole = events_of(await stream.to_end())

    for cursor in (str(connected.id), "0-00000000"):
        async with own.stream(path, last_event_id=cursor) as stream:
            again = await stream.to_end()
        assert events_of(again) == whole
        assert "reset" not in types_of(again)
    assert connected.id == first[-1].id


async def _connected(own: Client, paths: dict[str, str]) -> dict[str, Frame]:
    """All of them open at once, so that those that can share a watch."""
    async with AsyncExitStack() as stack:
        streams: dict[str, SseStream] = {}
        for kind, path in paths.items():
            streams[kind] = await stack.enter_async_context(own.stream(path))
        return {kind: (await stream.take(1))[0] for kind, stream in streams.items()}


async def _events(own: Client, path: str, cursor: str, *, wanted: list[Frame]) -> list[Frame]:
    async with own.stream(path, last_event_id=cursor) as stream:
        seen = await stream.take(1 + len(wanted))
    assert types_of(seen[:1]) == ["connected"]
    return _sorted(seen[1:])


def _wanted(kind: str, meanwhile: dict[str, list[Frame]]) -> list[Frame]:
    match kind:
        case "a session" | "an agent's part of a session":
            return meanwhile["old"]
        case "one that is not there yet" | "none of several":
            return meanwhile["new"]
        case _:
            return meanwhile["old"] + meanwhile["new"]


def _sorted(frames: list[Frame]) -> list[Frame]:
    """The sessions apart, as they are woven together anyhow; ids differ by the kind of stream."""
    bare = [Frame(event=frame.event, data=frame.data) for frame in frames]
    return sorted(bare, key=lambda frame: str(frame.data["session_id"]))


def _tag(frame: Frame) -> str:
    return str(frame.id).partition("-")[2]
