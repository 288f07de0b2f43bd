"""Submitting a task, waiting for it, repeating it, retrying it."""

import pytest

from domain.errors import AgentcastError, Draining, LimitReached, LogUnavailable, TaskNotFound
from domain.ids import AgentName, SessionId
from domain.limits import Limits
from domain.task import Task
from tests.http_app import World

SUBMITTED = {
    "task_id": "task_000001",
    "session_id": "test-123",
    "agent": "react",
    "status": "queued",
    "created_at": "2026-11-21T10:00:00.000000Z",
    "links": {
        "self": "/api/v1/tasks/task_000001",
        "events": "/api/v1/tasks/task_000001/events",
        "cancel": "/api/v1/tasks/task_000001/cancel",
        "session": "/api/v1/sessions/test-123",
        "approvals": "/api/v1/approvals?task_id=task_000001",
        "log": "/api/v1/tasks/task_000001/log",
    },
}
BODY = {"task": "List all .py files", "session_id": "test-123"}


@pytest.mark.parametrize("prefix", ["/api/v1", "/api"])
async def test_a_submission_is_accepted_with_the_location_of_the_task(prefix: str) -> None:
    async with World().client() as client:
        response = await client.post(f"{prefix}/tasks", json=BODY)

    assert response.status_code == 202
    assert response.headers["location"] == "/api/v1/tasks/task_000001"
    assert response.json() == SUBMITTED


async def test_what_a_client_asks_for_reaches_the_coordinator() -> None:
    world = World()
    async with world.client() as client:
        await client.post(
            "/api/v1/tasks",
            json={
                "task": "ls",
                "session_id": "s",
                "agent": "shell",
                "limits": {"timeout_s": 2, "tokens": 5},
                "on_busy": "interrupt",
                "on_disconnect": "cancel",
                "approval": "ask",
                "workspace": "/w",
                "model": "m",
                "metadata": {"a": [None, 1.5]},
            },
        )

    [asked] = world.coordinator.asked
    assert (asked.text, asked.session_id, asked.agent) == (
        "ls",
        SessionId("s"),
        AgentName("shell"),
    )
    assert asked.limits == Limits(timeout_s=2, tokens=5)
    assert (asked.on_busy, asked.on_disconnect) == ("interrupt", "cancel")
    assert (asked.approval, asked.workspace, asked.model) == ("ask", "/w", "m")
    assert asked.metadata == {"a": [None, 1.5]}
    assert asked.idempotency is None


async def test_a_repeat_with_the_same_key_gets_the_same_answer() -> None:
    world = World()
    headers = {"Idempotency-Key": "k-1"}
    async with world.client() as client:
        first = await client.post("/api/v1/tasks", json=BODY, headers=headers)
        world.coordinator.end(only_task(world).task_id)
        reordered = dict(reversed(BODY.items()))
        repeat = await client.post("/api/v1/tasks", json=reordered, headers=headers)

    assert (repeat.status_code, repeat.content) == (first.status_code, first.content)
    assert repeat.headers["location"] == first.headers["location"]


async def test_a_key_used_for_another_request_is_refused() -> None:
    headers = {"Idempotency-Key": "k-1"}
    async with World().client() as client:
        await client.post("/api/v1/tasks", json=BODY, headers=headers)
        response = await client.post("/api/v1/tasks", json={"task": "other"}, headers=headers)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["Idempotency-Key"]


@pytest.mark.parametrize("key", [b"", b" ", b"a" * 256, b"a\tb", b"\xe9"])
async def test_an_ambiguous_key_is_refused(key: bytes) -> None:
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", json=BODY, headers={b"Idempotency-Key": key})

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["Idempotency-Key"]


async def test_two_keys_are_refused() -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", json=BODY, headers=headers)

    assert response.status_code == 400


async def test_a_client_that_waits_gets_the_finished_task() -> None:
    world = World()
    world.coordinator.ends_at_once = True
    async with world.client() as client:
        response = await client.post("/api/v1/tasks", json=BODY, headers={"Prefer": "wait=5"})

    assert response.status_code == 200
    assert response.headers["preference-applied"] == "wait=5"
    assert response.headers["location"] == "/api/v1/tasks/task_000001"
    assert response.json()["status"] == "completed"
    assert response.json()["result"] == {"final_answer": "done"}


async def test_a_client_that_waited_in_vain_gets_the_submission() -> None:
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", json=BODY, headers={"Prefer": "wait=5"})

    assert (response.status_code, response.json()) == (202, SUBMITTED)


@pytest.mark.parametrize(
    ("prefer", "waited_s"),
    [
        ("wait=5", [5]),
        ("respond-async, wait=10", [10]),
        ('Wait = "7"', [7]),
        ("wait=999999", [60]),
        ("wait=0", []),
        ("wait=-1", []),
        ("wait=soon", []),
        ("wait", []),
        ("await=5", []),
    ],
)
async def test_how_long_a_client_prefers_to_wait(prefer: str, waited_s: list[float]) -> None:
    world = World()
    async with world.client() as client:
        await client.post("/api/v1/tasks", json=BODY, headers={"Prefer": prefer})

    assert world.coordinator.waited_s == waited_s


@pytest.mark.parametrize(
    ("accept", "is_streamed"),
    [
        ("text/event-stream", True),
        ("application/json, Text/Event-Stream;q=0.5", True),
        ("*/*", False),
        ("application/json", False),
        ("text/event-streams", False),
    ],
)
async def test_a_client_may_ask_for_the_stream_of_its_task(accept: str, is_streamed: bool) -> None:
    world = World()
    async with world.client() as client:
        response = await client.post("/api/v1/tasks", json=BODY, headers={"Accept": accept})

    assert response.headers["content-type"].startswith("text/event-stream") == is_streamed
    assert world.streamed == ([only_task(world)] if is_streamed else [])


async def test_a_busy_session_refuses_a_task_that_may_not_wait() -> None:
    async with World().client() as client:
        await client.post("/api/v1/tasks", json=BODY)
        response = await client.post("/api/v1/tasks", json={**BODY, "on_busy": "reject"})

    assert (response.status_code, response.json()["code"]) == (409, "session_busy")


async def test_a_server_that_drains_takes_no_tasks() -> None:
    world = World()
    world.coordinator.error = Draining("the server takes no new tasks now")
    async with world.client() as client:
        response = await client.post("/api/v1/tasks", json=BODY)

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


async def test_a_retry_is_a_new_task_that_names_the_old_one() -> None:
    world = World()
    async with world.client() as client:
        await client.post("/api/v1/tasks", json=BODY)
        world.coordinator.end(only_task(world).task_id)
        response = await client.post("/api/v1/tasks/task_000001/retry")

    assert response.status_code == 202
    assert response.headers["location"] == "/api/v1/tasks/task_000002"
    assert response.json()["retry_of"] == "task_000001"


async def test_the_key_of_a_retry_is_for_that_retry_alone() -> None:
    world, key = World(), {"Idempotency-Key": "k"}
    async with world.client() as client:
        for _ in range(2):
            await client.post("/api/v1/tasks", json=BODY)
        for task_id in list(world.coordinator.tasks):
            world.coordinator.end(task_id)
        first = await client.post("/api/v1/tasks/task_000001/retry", headers=key)
        again = await client.post("/api/v1/tasks/task_000001/retry", headers=key)
        elsewhere = await client.post("/api/v1/tasks/task_000002/retry", headers=key)
        submitted = await client.post("/api/v1/tasks", json=BODY, headers=key)
        wrong = await client.post(
            "/api/v1/tasks/task_000001/retry", headers={"Idempotency-Key": ""}
        )

    assert (first.status_code, again.json()) == (202, first.json())
    assert (elsewhere.status_code, submitted.status_code, wrong.status_code) == (422, 422, 400)
    assert len(world.coordinator.tasks) == 3


async def test_a_task_that_has_not_ended_cannot_be_retried() -> None:
    async with World().client() as client:
        await client.post("/api/v1/tasks", json=BODY)
        response = await client.post("/api/v1/tasks/task_000001/retry")

    assert (response.status_code, response.json()["detail"]) == (409, "the task is queued")


def only_task(world: World) -> Task:
    [task] = world.coordinator.tasks.values()
    return task


@pytest.mark.parametrize("headers", [{"Prefer": "wait=5"}, {"Accept": "text/event-stream"}])
@pytest.mark.parametrize(
    "error", [TaskNotFound("gone"), LogUnavailable("away"), LimitReached("many", retry_after_s=1)]
)
async def test_a_task_that_cannot_be_followed_is_accepted_all_the_same(
    headers: dict[str, str], error: AgentcastError
) -> None:
    world = World()
    world.following_fails = world.coordinator.following_fails = error
    async with world.client() as client:
        response = await client.post("/api/v1/tasks", json=BODY, headers=headers)

    assert (response.status_code, response.json()) == (202, SUBMITTED)
    assert response.headers["location"] == "/api/v1/tasks/task_000001"


async def test_a_relative_workspace_is_answered_with_what_would_be_right() -> None:
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", json={**BODY, "workspace": "rel"})

    assert response.status_code == 422
    assert response.json()["detail"] == "workspace: should be an absolute path"
