"""Reading tasks and ending them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from domain.ids import AgentName, SessionId, TaskId
from domain.limits import Limits
from domain.task import PauseWish, TaskResult, TaskStatus
from domain.usage import Usage
from ports.task_store import TaskQuery
from tests.http_app import World

UNTOUCHED = World()
"""Shared by tests of what is refused: none of them leaves anything behind."""


async def submitted(world: World, count: int = 1) -> None:
    async with world.client() as client:
        for number in range(count):
            await client.post("/api/v1/tasks", json={"task": f"do {number}", "session_id": "s"})


async def test_a_new_task_has_no_fields_without_a_value() -> None:
    world = World()
    await submitted(world)
    async with world.client() as client:
        response = await client.get("/api/v1/tasks/task_000001")

    assert response.json() == {
        "task_id": "task_000001",
        "session_id": "s",
        "agent": "react",
        "task": "do 0",
        "status": "queued",
        "created_at": "2026-11-21T10:00:00.000000Z",
        "attempt": 0,
        "links": {
            "self": "/api/v1/tasks/task_000001",
            "events": "/api/v1/tasks/task_000001/events",
            "cancel": "/api/v1/tasks/task_000001/cancel",
            "session": "/api/v1/sessions/s",
            "approvals": "/api/v1/approvals?task_id=task_000001",
            "log": "/api/v1/tasks/task_000001/log",
        },
    }


@pytest.mark.parametrize(
    ("agent", "status", "is_pause_wanted", "ways"),
    [
        ("react", TaskStatus.QUEUED, False, set()),
        ("react", TaskStatus.QUEUED, True, {"resume"}),
        ("react", TaskStatus.RUNNING, False, {"screen", "pause"}),
        ("react", TaskStatus.WAITING, False, {"screen", "pause"}),
        ("react", TaskStatus.WAITING, True, {"screen", "resume"}),
        ("react", TaskStatus.PAUSED, True, {"screen", "resume"}),
        ("react", TaskStatus.CANCELLED, True, {"screen"}),
        ("shell", TaskStatus.RUNNING, False, {"screen"}),
        ("removed-since", TaskStatus.RUNNING, False, {"screen"}),
    ],
)
async def test_links_lead_to_what_the_state_and_the_agent_of_a_task_allow(
    agent: str, status: TaskStatus, is_pause_wanted: bool, ways: set[str]
) -> None:
    world = World()
    await submitted(world)
    task_id = TaskId("task_000001")
    world.coordinator.tasks[task_id] = replace(
        world.coordinator.tasks[task_id],
        agent=AgentName(agent),
        status=status,
        pause=PauseWish(is_wanted=is_pause_wanted, by="ann"),
    )
    async with world.client() as client:
        links = (await client.get("/api/v1/tasks/task_000001")).json()["links"]

    always = {"self", "events", "cancel", "session", "approvals", "log"}
    assert set(links) == always | ways
    assert {links[way] for way in ways} == {f"/api/v1/tasks/task_000001/{way}" for way in ways}


async def test_a_task_that_names_a_model_shows_it() -> None:
    async with World().client() as client:
        await client.post("/api/v1/tasks", json={"task": "x", "model": "m"})
        response = await client.get("/api/v1/tasks/task_000001")

    assert response.json()["model"] == "m"


async def test_a_failed_task_shows_all_that_is_stored_of_it() -> None:
    world = World()
    await submitted(world)
    at = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
    task_id = TaskId("task_000001")
    world.coordinator.tasks[task_id] = replace(
        world.coordinator.tasks[task_id],
        status=TaskStatus.FAILED,
        reason="exit_code",
        started_at=at,
        finished_at=at + timedelta(seconds=1.5),
        attempt=1,
        result=TaskResult(exit_code=3),
        usage=Usage(input_tokens=2, output_tokens=1, total_tokens=3, partial=True),
        limits=Limits(usd=0.5),
        metadata={"a": None},
        retry_of=TaskId("task_0"),
    )
    async with world.client() as client:
        answer = (await client.get("/api/v1/tasks/task_000001")).json()

    for name in ("links", "task", "agent", "session_id", "created_at"):
        del answer[name]
    assert answer == {
        "task_id": "task_000001",
        "status": "failed",
        "reason": "exit_code",
        "started_at": "2026-11-21T11:00:00.000000Z",
        "finished_at": "2026-11-21T11:00:01.500000Z",
        "attempt": 1,
        "result": {"exit_code": 3},
        "usage": {"input_tokens": 2, "output_tokens": 1, "total_tokens": 3, "partial": True},
        "limits": {"usd": 0.5},
        "metadata": {"a": None},
        "retry_of": "task_0",
    }


async def test_the_list_is_read_page_by_page() -> None:
    world = World()
    await submitted(world, count=3)
    async with world.client() as client:
        first = (await client.get("/api/v1/tasks?limit=2")).json()
        cursor = first["next_cursor"]
        second = (await client.get(f"/api/v1/tasks?limit=2&cursor={cursor}")).json()

    assert [task["task"] for task in first["items"]] == ["do 2", "do 1"]
    assert [task["task"] for task in second["items"]] == ["do 0"]
    assert "next_cursor" not in second


async def test_every_filter_reaches_the_store() -> None:
    world = World()
    since, until = quote("2026-11-21T12:00:00+02:00"), "2026-11-22T00:00:00Z"
    async with world.client() as client:
        response = await client.get(
            "/api/v1/tasks?session_id=s&status=queued,failed&agent=shell"
            f"&since={since}&until={until}&q=py&limit=7"
        )

    assert response.status_code == 200
    assert world.coordinator.queries == [
        TaskQuery(
            session_id=SessionId("s"),
            statuses=frozenset({TaskStatus.QUEUED, TaskStatus.FAILED}),
            agent=AgentName("shell"),
            since=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
            until=datetime(2026, 11, 22, 0, 0, tzinfo=UTC),
            text="py",
            limit=8,
        )
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=", "limit"),
        ("cursor=", "cursor"),
        ("cursor=%21%21", "cursor"),
        ("cursor=AAAA", "cursor"),
        ("cursor=a", "cursor"),
        ("session_id=a/b", "session_id"),
        ("session_id=", "session_id"),
        ("status=asleep", "status"),
        ("status=queued,", "status"),
        ("agent=a%20b", "agent"),
        ("since=yesterday", "since"),
        ("since=2020", "since"),
        ("until=1763719200", "until"),
        ("until=2026-11-21", "until"),
        ("since=2026-11-21T10:00:00", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("until=9999-12-31T23:59:59-14:00", "until"),
        ("q=", "q"),
        ("q=%00", "q"),
        ("q=" + "a" * 201, "q"),
    ],
)
async def test_a_wrong_query_is_named(query: str, field: str) -> None:
    async with UNTOUCHED.client() as client:
        response = await client.get(f"/api/v1/tasks?{query}")

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_a_task_is_cancelled_and_a_second_time_does_no_harm() -> None:
    world = World()
    await submitted(world)
    async with world.client() as client:
        first = await client.post("/api/v1/tasks/task_000001/cancel", json={"mode": "kill"})
        second = await client.post("/api/v1/tasks/task_000001/cancel")

    assert (first.status_code, first.json()["status"]) == (202, "cancelled")
    assert (second.status_code, second.json()) == (200, first.json())
    cancel = world.coordinator.tasks[TaskId("task_000001")].cancel
    assert cancel is not None
    assert cancel.mode == "kill"


@pytest.mark.parametrize("body", [None, {}])
async def test_a_cancel_needs_no_mode(body: object) -> None:
    world = World()
    await submitted(world)
    async with world.client() as client:
        path = "/api/v1/tasks/task_000001/cancel"
        response = await (client.post(path) if body is None else client.post(path, json=body))

    assert response.status_code == 202
    assert response.json()["reason"] == "user"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")],
)
async def test_an_unknown_task_is_not_found(method: str, path: str) -> None:
    async with World().client() as client:
        response = await client.request(method, f"/api/v1/tasks/task_9{path}")

    assert (response.status_code, response.json()["code"]) == (404, "task_not_found")
