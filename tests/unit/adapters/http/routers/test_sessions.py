"""Making, reading, changing and deleting sessions."""

from dataclasses import replace

import pytest

from domain.ids import SessionId
from domain.task import TaskStatus
from tests.http_app import World

TALK = SessionId("s")

SESSION = {
    "session_id": "s",
    "created_at": "2026-11-21T10:00:00.000000Z",
    "updated_at": "2026-11-21T10:00:00.000000Z",
    "status": "idle",
    "first_seq": 1,
    "last_seq": 0,
    "links": {
        "self": "/api/v1/sessions/s",
        "events": "/api/v1/sessions/s/events",
        "tasks": "/api/v1/tasks?session_id=s",
    },
}

JSON = {"Content-Type": "application/json"}


async def test_a_session_is_made_and_read() -> None:
    async with World().client() as client:
        made = await client.post("/api/v1/sessions", json={"session_id": "s"})
        read = await client.get("/api/sessions/s")

    assert (made.status_code, made.json()) == (201, SESSION)
    assert made.headers["location"] == "/api/v1/sessions/s"
    assert (read.status_code, read.json()) == (200, SESSION)


async def test_a_session_shows_how_its_newest_task_stands() -> None:
    world = World()
    async with world.client() as client:
        made = await client.post("/api/v1/sessions", json={"session_id": "s"})
        stored = world.sessions.sessions
        stored[TALK] = replace(stored[TALK], last_task_status=TaskStatus.FAILED)
        read = await client.get("/api/v1/sessions/s")

    assert "last_task_status" not in made.json()
    assert read.json()["last_task_status"] == "failed"


async def test_a_session_without_an_id_gets_one() -> None:
    async with World().client() as client:
        made = await client.post("/api/v1/sessions", json={})

    assert made.json()["session_id"] == "sess_000001"


async def test_a_session_that_exists_is_not_made_again() -> None:
    async with World().client() as client:
        await client.post("/api/v1/sessions", json={"session_id": "s"})
        again = await client.post("/api/v1/sessions", json={"session_id": "s"})

    assert (again.status_code, again.json()["code"]) == (409, "session_exists")


async def test_an_edit_leaves_alone_what_it_does_not_name() -> None:
    async with World().client() as client:
        await client.post("/api/v1/sessions", json={"session_id": "s", "title": "old"})
        edited = await client.patch("/api/v1/sessions/s", json={"metadata": {"a": 1}})

    assert edited.json() == {**SESSION, "title": "old", "metadata": {"a": 1}}


async def test_a_deleted_session_is_gone() -> None:
    async with World().client() as client:
        await client.post("/api/v1/sessions", json={"session_id": "s"})
        deleted = await client.delete("/api/v1/sessions/s")
        read = await client.get("/api/v1/sessions/s")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert read.status_code == 404


async def test_the_list_is_read_page_by_page() -> None:
    async with World().client() as client:
        for name in "abc":
            await client.post("/api/v1/sessions", json={"session_id": name})
        first = (await client.get("/api/v1/sessions?limit=2")).json()
        second = (await client.get(f"/api/v1/sessions?cursor={first['next_cursor']}")).json()

    assert [session["session_id"] for session in first["items"]] == ["c", "b"]
    assert [session["session_id"] for session in second["items"]] == ["a"]
    assert "next_cursor" not in second


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_session_is_not_found(method: str) -> None:
    async with World().client() as client:
        response = await client.request(
            method, "/api/v1/sessions/nobody", content=b"{}", headers=JSON
        )

    assert (response.status_code, response.json()["code"]) == (404, "session_not_found")
