"""What a stream leaves out, and where it begins."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.client import Client, client_of, events_of, types_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame

LINES = "for i in $(seq 2000); do echo line $i; done"


async def test_a_filter_leaves_out_the_rest_and_keeps_the_cursor_moving(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(LINES, session_id=session_id)
    whole = await client.events(task_id)

    async with client.stream(f"/api/v1/tasks/{task_id}/events?types=task_*") as stream:
        seen = await stream.to_end()

    wanted = [frame for frame in whole if frame.event.startswith("task_")]
    assert events_of(seen) == wanted
    cursors = [frame for frame in seen if frame.event == "cursor"]
    assert len(cursors) >= 1
    for frame in cursors:
        assert frame.id is not None
        assert frame.data == {"last_seq": whole[-1].data["seq"]}


async def test_a_cursor_frame_is_a_place_to_resume_from(client: Client, session_id: str) -> None:
    task_id = await client.submit(LINES, session_id=session_id)
    whole = await client.events(task_id)
    ids = [frame.id for frame in whole]

    async with client.stream(f"/api/v1/tasks/{task_id}/events?types=task_*") as stream:
        cursor = (await stream.until("cursor"))[-1].id
    async with client.stream(f"/api/v1/tasks/{task_id}/events", last_event_id=cursor) as stream:
        rest = events_of(await stream.to_end())

    assert rest == whole[ids.index(cursor) + 1 :]


async def test_a_filter_that_matches_nothing_still_reaches_the_end(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(LINES, session_id=session_id)
    whole = await client.events(task_id)
    path = f"/api/v1/tasks/{task_id}/events?types=message"

    async with client.stream(path) as stream:
        seen = await stream.to_end()
    async with client.stream(path, last_event_id=stream.last_id) as again:
        assert again.status == 204

    assert events_of(seen) == []
    assert types_of(seen[-2:]) == ["cursor", "end"]
    assert seen[-2].id == whole[-1].id


async def test_pieces_of_text_can_be_left_out(client: Client, session_id: str) -> None:
    task_id = await client.submit("List all files", session_id=session_id, agent="react")
    whole = await client.events(task_id)

    async with client.stream(f"/api/v1/tasks/{task_id}/events?deltas=0") as stream:
        seen = await stream.to_end()

    assert "message_delta" in types_of(whole)
    assert events_of(seen) == [frame for frame in whole if not frame.event.endswith("_delta")]


@pytest.mark.parametrize("count", [0, 1, 3, 500])
async def test_the_last_events_can_be_replayed(
    client: Client, session_id: str, count: int
) -> None:
    whole = await client.events(await client.submit("echo a; echo b", session_id=session_id))

    async with client.stream(f"/api/v1/sse?session_id={session_id}&replay={count}") as stream:
        last = await client.submit("echo live", session_id=session_id)
        seen = events_of(await stream.until("task_complete", task_id=last))

    replayed = whole[-count:] if count else []
    assert seen == replayed + await client.events(last)


async def test_a_stream_can_begin_at_a_moment(client: Client, session_id: str) -> None:
    await client.events(await client.submit("echo before", session_id=session_id))
    second = await client.events(await client.submit("echo after", session_id=session_id))
    moment = quote(str(second[1].data["timestamp"]))

    async with client.stream(f"/api/v1/sse?session_id={session_id}&since={moment}") as stream:
        seen = events_of(await stream.until("task_complete"))

    assert seen[-len(second) + 1 :] == second[1:]
    at = datetime.fromisoformat(str(second[1].data["timestamp"]))
    assert all(datetime.fromisoformat(str(one.data["timestamp"])) >= at for one in seen)


@pytest.mark.parametrize(
    "query",
    [
        "types=nonsense",
        "types=",
        "deltas=2",
        "replay=-1",
        "replay=some",
        "since=yesterday",
        "since=2020",
        "x=1",
    ],
)
async def test_an_option_that_means_nothing_is_refused_by_its_name(
    client: Client, query: str
) -> None:
    answer = await client.request("GET", f"/api/v1/sse?session_id=any&{query}")

    assert answer.status_code == 400
    assert query.partition("=")[0] in [error["field"] for error in answer.json()["errors"]]


async def test_a_silent_stream_shows_that_it_lives_without_an_empty_event(
    impatient: Client,
) -> None:
    async with impatient.stream("/api/v1/sse?session_id=silent") as stream:
        await stream.take(1)
        pings = [await stream.comment() for _ in range(2)]
        between = stream.parser.is_between_frames
        await impatient.submit("echo loud", session_id="silent")
        seen = await stream.until("task_complete")

    assert pings == ["ping", "ping"]
    assert between
    assert seen == await impatient.events(str(seen[0].data["task_id"]))


async def test_a_silent_stream_reports_its_cursor_when_a_filter_hid_events(
    impatient: Client,
) -> None:
    async with impatient.stream("/api/v1/sse?session_id=hidden&types=message") as stream:
        await stream.take(1)
        whole = await impatient.events(await impatient.submit("echo x", session_id="hidden"))
        seen: list[Frame] = []
        while not seen or seen[-1].id != whole[-1].id:
            seen += await stream.until("cursor")

    assert seen[-1].data == {"last_seq": whole[-1].data["seq"]}


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a server that breaks a silence after a moment."""
    with running_server(tmp_path / "data", AGENTCAST_STREAM_PING_S="0.2") as server:
        async with client_of(server) as client:
            yield client


async def test_the_description_names_the_header_that_resumes_a_stream(client: Client) -> None:
    paths = (await client.get("/openapi.json"))["paths"]
    assert isinstance(paths, dict)

    resumable = {
        path
        for path, item in paths.items()
        for parameter in item.get("get", {}).get("parameters", [])
        if parameter["name"] == "Last-Event-ID" and parameter["in"] == "header"
    }
    assert resumable == {
        "/api/v1/sse",
        "/api/v1/agents/{name}/stream",
        "/api/v1/sessions/{session_id}/events",
        "/api/v1/tasks/{task_id}/events",
    }
