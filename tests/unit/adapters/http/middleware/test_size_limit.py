"""How much a request may send."""

from collections.abc import AsyncIterator

import pytest

from tests.http_app import World

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}


async def chunks(total: int) -> AsyncIterator[bytes]:
    """A body without a Content-Length."""
    for _ in range(0, total, 64 * 1024):
        yield b" " * (64 * 1024)


async def test_a_body_with_too_large_a_content_length_is_refused() -> None:
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", content=b" " * (MIB + 1), headers=JSON)

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_a_body_that_turns_out_too_large_is_refused() -> None:
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", content=chunks(2 * MIB), headers=JSON)

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_a_body_of_just_the_size_is_read() -> None:
    content = b'{"task": "a"' + b" " * (MIB - 13) + b"}"
    async with World().client() as client:
        response = await client.post("/api/v1/tasks", content=content, headers=JSON)

    assert response.status_code == 202


@pytest.mark.parametrize(("size", "status"), [(4096, 400), (4097, 414)])
async def test_a_query_has_its_bound(size: int, status: int) -> None:
    async with World().client() as client:
        response = await client.get("/api/v1/tasks?q=" + "a" * (size - 2))

    assert response.status_code == status
