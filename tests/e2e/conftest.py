"""One server that most of these tests share, and a session of its own for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from tests.cli_fork_server import cli_fork_server
from tests.contract.postgres import execute, postgres_url
from tests.e2e.client import Client, client_of, own
from tests.e2e.running_server import RunningServer, running_server

__all__ = ["own", "postgres_url"]

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def _commands_are_forked() -> Iterator[None]:
    with cli_fork_server():
        yield


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("shared") / "data") as server:
        yield server


@pytest.fixture
async def client(shared_server: RunningServer) -> AsyncIterator[Client]:
    async with client_of(shared_server) as client:
        yield client


@pytest.fixture
def session_id() -> str:
    return f"session-{next(_numbers)}"


@pytest.fixture(scope="module")
def database_url(postgres_url: str) -> str:
    """An empty PostgreSQL database, for the tests of one module."""
    name = f"e2e_{next(_numbers)}"
    asyncio.run(execute(postgres_url, f"CREATE DATABASE {name}"))
    return postgres_url.replace("/postgres?", f"/{name}?")
