"""Every error is the same kind of document, and none reveals internals."""

import logging
from http import HTTPStatus

import httpx2
import pytest

from domain.errors import (
    AgentcastError,
    AgentNotFound,
    Draining,
    IdempotencyKeyReused,
    InvalidCursor,
    InvalidInput,
    LeaseLost,
    LimitReached,
    LogUnavailable,
    SessionBusy,
    SessionExists,
    SessionNotFound,
    StateConflict,
    StorageFull,
    TaskNotFound,
    UnknownAgent,
)
from tests.http_app import World

INTERNALS = "SELECT body FROM events; /var/lib/agentcast/agentcast.db: sqlite3 Traceback"


async def answer_to(error: Exception) -> httpx2.Response:
    world = World()
    world.coordinator.error = error
    async with world.client() as client:
        return await client.get(
            "/api/v1/tasks/task_1", headers={"X-Request-Id": "the-request", "Origin": "null"}
        )


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TaskNotFound(), 404, "task_not_found"),
        (SessionNotFound(), 404, "session_not_found"),
        (AgentNotFound(), 404, "agent_not_found"),
        (InvalidCursor("after", "is not one"), 400, "invalid_cursor"),
        (UnknownAgent("agent", "is not one"), 422, "unknown_agent"),
        (InvalidInput("workspace", "is not one"), 422, "invalid_input"),
        (SessionBusy(), 409, "session_busy"),
        (SessionExists(), 409, "session_exists"),
        (StateConflict(), 409, "state_conflict"),
        (IdempotencyKeyReused(), 422, "idempotency_key_reused"),
        (LimitReached("too many", retry_after_s=7), 429, "limit_reached"),
        (Draining(), 503, "draining"),
        (LogUnavailable(), 503, "store_unavailable"),
        (StorageFull(), 507, "storage_full"),
    ],
)
async def test_a_domain_error_has_its_status_and_code(
    error: AgentcastError, status: int, code: str
) -> None:
    response = await answer_to(error)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_problem_is_a_whole_document() -> None:
    response = await answer_to(UnknownAgent("agent", "no agent is named 'x'"))

    assert response.json() == {
        "type": "about:blank",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "detail": "no agent is named 'x'",
        "code": "unknown_agent",
        "request_id": "the-request",
        "errors": [{"field": "agent", "message": "no agent is named 'x'"}],
    }


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(LimitReached("too many", retry_after_s=7), "7"), (Draining(), "5"), (LogUnavailable(), "2")],
)
async def test_what_may_work_later_has_a_retry_after(error: AgentcastError, seconds: str) -> None:
    response = await answer_to(error)

    assert response.headers["retry-after"] == seconds


async def test_what_is_missing_and_what_is_anothers_read_the_same() -> None:
    missing = await answer_to(TaskNotFound("no row"))
    anothers = await answer_to(TaskNotFound("belongs to mallory"))

    assert missing.content == anothers.content


@pytest.mark.parametrize(
    "error", [RuntimeError(INTERNALS), LeaseLost(INTERNALS), LogUnavailable(INTERNALS)]
)
async def test_an_internal_failure_goes_to_the_log_alone(error: Exception) -> None:
    response = await answer_to(error)

    assert response.status_code in (500, 503)
    for internal in ("SELECT", "/var", "sqlite", "Traceback"):
        assert internal not in response.text


async def test_an_unexpected_error_is_logged_under_the_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = await answer_to(RuntimeError("a bug"))

    assert response.json()["code"] == "internal_error"
    assert [record.getMessage() for record in caplog.records] == [
        "request the-request failed unexpectedly"
    ]


@pytest.mark.parametrize("path", ["/nope", "/api", "/api/v1", "/api/v1/nope", "/api/v1/tasks/"])
async def test_an_unknown_path_is_a_problem(path: str) -> None:
    async with World().client() as client:
        response = await client.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD"),
        ("/health", "GET"),
        ("/api/tasks", "GET, POST"),
        ("/api/v1/sessions/s", "GET, PATCH, DELETE"),
        ("/api/v1/tasks/t/cancel", "POST"),
    ],
)
async def test_a_method_that_a_path_does_not_take_names_those_it_takes(
    path: str, allowed: str
) -> None:
    async with World().client() as client:
        response = await client.put(path)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/tasks/a%00b", "task_not_found"),
        ("/api/v1/tasks/%F0%9F%92%A9", "task_not_found"),
        ("/api/v1/sessions/" + "a" * 65, "session_not_found"),
        ("/api/v1/agents/no%20body", "agent_not_found"),
    ],
)
async def test_an_id_that_cannot_exist_is_unknown(path: str, code: str) -> None:
    async with World().client() as client:
        response = await client.get(path)

    assert (response.status_code, response.json()["code"]) == (404, code)


async def test_an_unauthenticated_caller_gets_a_401() -> None:
    world = World()
    world.authenticator.principal = None
    async with world.client() as client:
        response = await client.get("/api/v1/tasks")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/tasks?deltas=0&types=log", "deltas"),
        ("POST", "/tasks/task_1/cancel?mode=kill", "mode"),
        ("POST", "/tasks/task_1/retry?wait=5", "wait"),
        ("GET", "/tasks/task_1?wait=5", "wait"),
        ("GET", "/agents?limit=5", "limit"),
        ("DELETE", "/sessions/s?force=1", "force"),
        ("POST", "/sessions?=1", ""),
    ],
)
async def test_a_query_without_effect_is_refused(method: str, path: str, field: str) -> None:
    body = {"task": "x"} if path.startswith("/tasks?") else None
    async with World().client() as client:
        response = await client.request(method, f"/api/v1{path}", json=body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
    message = "there is no such field here"
    assert response.json()["errors"] == [{"field": field, "message": message}]


@pytest.mark.parametrize(
    ("method", "path", "json", "field"),
    [
        ("GET", "/tasks?session_id=..", None, "session_id"),
        ("GET", "/approvals?task_id=a/b", None, "task_id"),
        ("POST", "/tasks", {"task": "a", "session_id": ".."}, "session_id"),
        ("POST", "/tasks", {"task": "a", "agent": "a b"}, "agent"),
    ],
)
async def test_what_is_no_id_is_answered_with_what_would_be_one(
    method: str, path: str, json: object, field: str
) -> None:
    async with World().client() as client:
        response = await client.request(method, f"/api/v1{path}", json=json)

    [error] = response.json()["errors"]
    assert error["field"] == field
    assert "1 to 64 letters, digits and any of . _ : - and be neither . nor .." in error["message"]
    assert "pattern" not in error["message"]
