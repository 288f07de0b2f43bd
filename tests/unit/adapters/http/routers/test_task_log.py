"""The whole output of a task as one text."""

from collections.abc import AsyncGenerator

import httpx2
import pytest

from adapters.http.answers.links import call_output_path
from domain.ids import TaskId
from ports.output_archive import OutputSource
from tests.command_runner_fakes import FakeOutputArchive
from tests.http_app import World


class ShortArchive(FakeOutputArchive):
    """Has lost the beginning."""

    async def has_beginning(self, task_id: TaskId, *, call_id: str | None = None) -> bool:
        return False

    async def read(self, task_id: TaskId, *, call_id: str | None = None) -> AsyncGenerator[bytes]:
        yield "…the e".encode()
        yield b"nd\n"


async def asked(world: World, *, method: str = "GET") -> httpx2.Response:
    async with world.client() as client:
        await client.post("/api/v1/tasks", json={"task": "do it", "session_id": "s"})
        return await client.request(method, "/api/v1/tasks/task_000001/log")


async def test_the_output_is_served_as_it_was_written() -> None:
    world = World()
    async with world.archive.writing(TaskId("task_000001")) as writer:
        await writer.write("one\r\n\x1b[31mzwei ü\x1b[0m\n")

    response = await asked(world)

    assert response.content == "one\r\n\x1b[31mzwei ü\x1b[0m\n".encode()
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "x-log-truncated" not in response.headers


async def test_a_log_without_its_beginning_is_marked_as_truncated() -> None:
    response = await asked(World(archive=ShortArchive()))

    assert (response.text, response.headers["x-log-truncated"]) == ("…the end\n", "true")


async def test_a_task_that_wrote_nothing_has_an_empty_log() -> None:
    response = await asked(World())

    assert (response.status_code, response.content) == (200, b"")


async def test_a_head_request_gets_the_length() -> None:
    world = World()
    async with world.archive.writing(TaskId("task_000001")) as writer:
        await writer.write("zwei ü\n")

    response = await asked(world, method="HEAD")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-length"] == "8"
    assert "x-log-truncated" not in response.headers


async def test_a_head_request_gets_the_mark_of_a_lost_beginning() -> None:
    response = await asked(World(archive=ShortArchive()), method="HEAD")

    assert (response.headers["content-length"], response.headers["x-log-truncated"]) == (
        str(len("…the end\n".encode())),
        "true",
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("task_id", ["task_000009", "..%2Ftask", "%00"])
async def test_an_unknown_task_has_no_log(task_id: str, method: str) -> None:
    async with World().client() as client:
        response = await client.request(method, f"/api/v1/tasks/{task_id}/log")

    assert response.status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("call_id", ["call_1", "a/b c", "ü", "output"])
async def test_the_output_of_one_call_is_served_alone(call_id: str, method: str) -> None:
    world = World()
    async with world.archive.writing(TaskId("task_000001")) as writer:
        await writer.write("zwei ü\n", OutputSource("shell", call_id))
        await writer.write("other\n", OutputSource("shell", "call_2"))

    async with world.client() as client:
        await client.post("/api/v1/tasks", json={"task": "do it", "session_id": "s"})
        response = await client.request(method, call_output_path("task_000001", call_id))

    assert response.status_code == 200
    assert response.content == ("zwei ü\n".encode() if method == "GET" else b"")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert method == "GET" or response.headers["content-length"] == "8"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("task_id", "call_id", "code"),
    [
        ("task_000001", "call_9", "call_not_found"),
        ("task_000001", "call_1/output/x", "call_not_found"),
        ("task_000009", "call_1", "task_not_found"),
    ],
)
async def test_the_output_of_an_unknown_call_is_not_found(
    task_id: str, call_id: str, code: str, method: str
) -> None:
    world = World()
    async with world.archive.writing(TaskId("task_000001")) as writer:
        await writer.write("one", OutputSource("shell", "call_1"))

    async with world.client() as client:
        await client.post("/api/v1/tasks", json={"task": "do it", "session_id": "s"})
        response = await client.request(method, f"/api/v1/tasks/{task_id}/calls/{call_id}/output")

    assert response.status_code == 404
    assert method == "HEAD" or response.json()["code"] == code
