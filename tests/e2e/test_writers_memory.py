"""An idle watcher is a socket and a few small objects, whatever it watches."""

from collections.abc import Iterator
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

import pytest

from tests.e2e.client import client_of
from tests.e2e.clients.server_state import cost_of
from tests.e2e.clients.watcher_process import watcher_process
from tests.e2e.running_server import running_server

pytestmark = pytest.mark.load

WATCHERS = 2_000
KB_EACH = 4
DESCRIPTORS = 8_192


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    """The watchers inherit the limit."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (max(soft, min(DESCRIPTORS, hard)), hard))
    yield
    setrlimit(RLIMIT_NOFILE, (soft, hard))


async def test_an_idle_watcher_costs_little_memory(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            await client.events(await client.submit("true", session_id="quiet"))
            path = "/api/v1/sse?session_id=quiet"
            first = watcher_process(WATCHERS, base_url=server.base_url, path=path)
            second = watcher_process(WATCHERS, base_url=server.base_url, path=path)
            with first as early, second as late:
                early.connect()  # what so many requests at once need is counted here
                before = cost_of(server.pid).rss_mb
                late.connect()
                connected = cost_of(server.pid).rss_mb

    assert (connected - before) * 1e3 / WATCHERS < KB_EACH
