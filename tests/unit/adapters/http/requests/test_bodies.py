"""What a body may be, field by field."""

import codecs
import json

import pytest

from tests.http_app import World

JSON = {"Content-Type": "application/json"}
UNTOUCHED = World()
"""Shared by tests of what is refused: none of them leaves anything behind."""


async def refusal(path: str, content: bytes, headers: dict[str, str] = JSON) -> tuple[int, str]:
    async with UNTOUCHED.client() as client:
        response = await client.post(path, content=content, headers=headers)
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"task": "a",}',
        b"{'task': 'a'}",
        b'{"task": "a"} {}',
        b'{"task": NaN}',
        b'{"task": "a", "limits": {"usd": Infinity}}',
        b'{"task": "a", "limits": {"usd": -Infinity}}',
        b'{"task": "a", "limits": {"usd": 1e999}}',
        b'{"task": "a", "task": "b"}',
        b'{"task": "a", "metadata": {"n": 9223372036854775808}}',
        b'{"task": "a", "metadata": {"n": ' + b"9" * 5000 + b"}}",
        b'{"task": "\\u0000"}',
        b'{"task": "\\ud800"}',
        b'{"task": "a", "metadata": {"\\udfff": 1}}',
        b'{"task": "\xff"}',
        codecs.BOM_UTF8 + b'{"task": "a"}',
        '{"task": "a"}'.encode("utf-16"),
        '{"task": "a"}'.encode("utf-16-le"),
        b"[" * 33 + b"]" * 33,
        b"[" * 200_000,
        b'{"a":' * 100_000,
    ],
)
async def test_what_is_not_plain_json_is_refused(content: bytes) -> None:
    assert await refusal("/api/v1/tasks", content) == (400, "malformed_json")


async def test_json_may_be_nested_to_the_documented_depth() -> None:
    nested: object = {}
    for _ in range(30):
        nested = {"a": nested}
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", json={"task": "a", "metadata": nested})

    assert response.status_code == 202


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=%",
        "application/json; charset*=x'y'utf-8",
        "",
        "json",
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/tasks/task_1/cancel"])
async def test_a_body_of_another_type_is_refused(media_type: str, path: str) -> None:
    assert await refusal(path, b"{}", {"Content-Type": media_type}) == (
        415,
        "unsupported_media_type",
    )


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json; charset="utf-8"'],
)
async def test_json_may_name_its_charset(media_type: str) -> None:
    async with World().client() as client:
        response = await client.post(
            "/api/v1/tasks", content=b'{"task": "a"}', headers={"Content-Type": media_type}
        )

    assert response.status_code == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ([], "body"),
        ("task", "body"),
        ({}, "task"),
        ({"task": None}, "task"),
        ({"task": 1}, "task"),
        ({"task": ""}, "task"),
        ({"task": "a" * (256 * 1024 + 1)}, "task"),
        ({"task": "\u00e9" * (128 * 1024 + 1)}, "task"),
        ({"task": "a", "unknown": 1}, "unknown"),
        ({"task": "a", "session_id": ""}, "session_id"),
        ({"task": "a", "session_id": "a b"}, "session_id"),
        ({"task": "a", "session_id": "a/b"}, "session_id"),
        ({"task": "a", "session_id": "."}, "session_id"),
        ({"task": "a", "session_id": ".."}, "session_id"),
        ({"task": "a", "agent": ".."}, "agent"),
        ({"task": "a", "session_id": "a\n"}, "session_id"),
        ({"task": "a", "session_id": "a" * 65}, "session_id"),
        ({"task": "a", "session_id": None}, "session_id"),
        ({"task": "a", "session_id": 7}, "session_id"),
        ({"task": "a", "agent": "nobody"}, "agent"),
        ({"task": "a", "agent": ["react"]}, "agent"),
        ({"task": "a", "limits": []}, "limits"),
        ({"task": "a", "limits": {"unknown": 1}}, "limits.unknown"),
        ({"task": "a", "limits": {"timeout_s": 0}}, "limits.timeout_s"),
        ({"task": "a", "limits": {"timeout_s": "10"}}, "limits.timeout_s"),
        ({"task": "a", "limits": {"timeout_s": True}}, "limits.timeout_s"),
        ({"task": "a", "limits": {"timeout_s": 1e12}}, "limits.timeout_s"),
        ({"task": "a", "limits": {"idle_s": -1}}, "limits.idle_s"),
        ({"task": "a", "limits": {"iterations": 1.5}}, "limits.iterations"),
        ({"task": "a", "limits": {"iterations": 0}}, "limits.iterations"),
        ({"task": "a", "limits": {"tool_calls": -5}}, "limits.tool_calls"),
        ({"task": "a", "limits": {"tokens": 10**12}}, "limits.tokens"),
        ({"task": "a", "limits": {"usd": 0}}, "limits.usd"),
        ({"task": "a", "limits": {"output_bytes": 0}}, "limits.output_bytes"),
        ({"task": "a", "on_busy": "wait"}, "on_busy"),
        ({"task": "a", "on_disconnect": True}, "on_disconnect"),
        ({"task": "a", "approval": "maybe"}, "approval"),
        ({"task": "a", "workspace": ""}, "workspace"),
        ({"task": "a", "workspace": "../elsewhere"}, "workspace"),
        ({"task": "a", "workspace": "a" * 1025}, "workspace"),
        ({"task": "a", "metadata": []}, "metadata"),
        ({"task": "a", "metadata": "x"}, "metadata"),
        ({"task": "a", "metadata": {"a": "b" * 16 * 1024}}, "metadata"),
    ],
)
async def test_a_wrong_field_of_a_task_is_named(body: object, field: str) -> None:
    async with UNTOUCHED.client() as client:
        response = await client.post("/api/v1/tasks", json=body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/v1/tasks/task_1/cancel", {"mode": "later"}, "mode"),
        ("/api/v1/tasks/task_1/cancel", {"why": "x"}, "why"),
        ("/api/v1/tasks/task_1/cancel", [], "body"),
        ("/api/v1/sessions", {"session_id": "../x"}, "session_id"),
        ("/api/v1/sessions", {"session_id": "."}, "session_id"),
        ("/api/v1/sessions", {"session_id": ".."}, "session_id"),
        ("/api/v1/sessions", {"title": "a" * 201}, "title"),
        ("/api/v1/sessions", {"title": 5}, "title"),
        ("/api/v1/sessions", {"metadata": 5}, "metadata"),
        ("/api/v1/sessions", {"name": "a"}, "name"),
    ],
)
async def test_a_wrong_field_elsewhere_is_named(path: str, body: object, field: str) -> None:
    async with UNTOUCHED.client() as client:
        response = await client.post(path, json=body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.parametrize("session_id", ["...", ".a", "..a", "." * 64, "..:" + "-" * 61])
async def test_an_id_may_begin_with_dots(session_id: str) -> None:
    async with World().client() as client:
        answer = await client.post(
            "/api/v1/tasks", json={"task": "a", "agent": "react", "session_id": session_id}
        )

    assert (answer.status_code, answer.json()["session_id"]) == (202, session_id)


async def test_every_wrong_field_is_named_at_once() -> None:
    body = {"task": 1, "on_busy": "x", "limits": {"usd": -1}}
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", json=body)

    fields = {error["field"] for error in response.json()["errors"]}
    assert fields == {"task", "on_busy", "limits.usd"}


async def test_a_task_may_have_the_documented_length() -> None:
    world = World()
    text = "\u00e9" * (128 * 1024)
    async with world.client() as client:
        response = await client.post("/api/v1/tasks", content=json.dumps({"task": text}).encode())
        accepted = await client.post("/api/v1/tasks", json={"task": text})

    assert (response.status_code, accepted.status_code) == (415, 202)
    assert [asked.text for asked in world.coordinator.asked] == [text]
