"""One server that most of these tests share, and a session of its own for each test."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from tests.e2e.client import Client, client_of
from tests.e2e.running_server import RunningServer, running_server

_numbers = count(1)


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
