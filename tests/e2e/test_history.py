"""The same history as a stream, as pages and as lines."""

import json

import pytest

from tests.e2e.client import Client
from tests.e2e.sse_reader import Json


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_pages_lines_and_the_stream_have_the_same_events(
    client: Client, session_id: str, limit: int
) -> None:
    task_id = await client.submit("for i in $(seq 30); do echo $i; done", session_id=session_id)
    events = [frame.data for frame in await client.events(task_id)]

    for path in (f"/api/v1/tasks/{task_id}/events", f"/api/v1/sessions/{session_id}/events"):
        assert await _pages(client, path, limit) == events
        assert await _lines(client, path) == events
    assert await _lines(client, f"/api/v1/sessions/{session_id}/export") == events


async def test_a_page_can_begin_after_an_event_and_hold_one_kind(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit("echo a; echo b", session_id=session_id)
    whole = await client.events(task_id)
    path = f"/api/v1/tasks/{task_id}/events"

    after = await client.get(f"{path}?after={whole[2].id}", accept="application/json")
    logs = await client.get(f"{path}?types=log", accept="application/json")

    assert after == {"items": [frame.data for frame in whole[3:]]}
    assert logs == {"items": [frame.data for frame in whole if frame.event == "log"]}


async def test_a_tasks_pages_show_nothing_of_its_neighbours(
    client: Client, session_id: str
) -> None:
    tasks = [await client.submit(f"echo {name}", session_id=session_id) for name in "abc"]
    for task_id in tasks:
        events = [frame.data for frame in await client.events(task_id)]
        assert await _pages(client, f"/api/v1/tasks/{task_id}/events", 4) == events


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
async def test_a_page_at_a_cursor_of_another_history_is_refused(
    client: Client, session_id: str, accept: str
) -> None:
    task_id = await client.submit("true", session_id=session_id)
    await client.events(task_id)

    answer = await client.request(
        "GET", f"/api/v1/tasks/{task_id}/events?after=2-00000000", accept=accept
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "cursor_reset")


async def _pages(client: Client, path: str, limit: int) -> list[Json]:
    events: list[Json] = []
    after = ""
    while True:
        page = await client.get(f"{path}?limit={limit}{after}", accept="application/json")
        items = page["items"]
        assert isinstance(items, list) and len(items) <= limit
        events += items
        if "next_cursor" not in page:
            return events
        after = f"&after={page['next_cursor']}"


async def _lines(client: Client, path: str) -> list[Json]:
    answer = await client.request("GET", path, accept="application/x-ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]
