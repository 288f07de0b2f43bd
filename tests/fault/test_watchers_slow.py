"""Watchers that read little or nothing: nobody else notices, and they lose nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import anyio
import pytest

from tests.e2e.client import Client, client_of
from tests.e2e.clients.raw_watcher import RawWatcher
from tests.e2e.clients.server_state import cost_of
from tests.e2e.running_server import running_server

pytestmark = pytest.mark.load

SLOW_ONES = 20
LINES = 50_000
TALKING = f"seq -f %0200.0f {LINES}"
SMALL_BUFFER = 4096


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Client]:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            yield client


async def test_those_that_read_nothing_cost_neither_time_nor_memory(own: Client) -> None:
    alone_s = await _read_all(own, session_id="alone")
    before = cost_of(own.server.pid)

    with _slow_watchers(own, session_id="shared") as slow:
        shared_s = await _read_all(own, session_id="shared")
        after = cost_of(own.server.pid)
        quick = await own.get("/health")

    assert len(slow) == SLOW_ONES
    assert quick["status"] == "ok"
    assert shared_s < alone_s * 1.5 + 1
    assert after.rss_mb - before.rss_mb < 40


async def test_one_that_reads_byte_by_byte_and_then_all_has_missed_nothing(own: Client) -> None:
    with _slow_watchers(own, session_id="slow") as (watcher, *_):
        task_id = await own.submit(TALKING, session_id="slow")
        for _ in range(1_000):
            watcher.read(1)
        whole = await own.events(task_id)
        await anyio.to_thread.run_sync(_to_the_end, watcher)

    assert watcher.seq == len(whole)


def _to_the_end(watcher: RawWatcher) -> None:
    """With a new connection where the server has let it go."""
    while "task_complete" not in watcher.types:
        if not watcher.read():
            watcher.drop()
            watcher.connect()


@contextmanager
def _slow_watchers(own: Client, *, session_id: str) -> Iterator[list[RawWatcher]]:
    """Connected, and reading nothing by themselves."""
    path = f"/api/v1/sse?session_id={session_id}"
    watchers = [RawWatcher(base_url=own.server.base_url, path=path) for _ in range(SLOW_ONES)]
    with ExitStack() as stack:
        for watcher in watchers:
            stack.callback(watcher.drop)
            watcher.connect(receive_buffer=SMALL_BUFFER)
        for watcher in watchers:
            watcher.read_head()
        yield watchers


async def _read_all(own: Client, *, session_id: str) -> float:
    """How long a task and its reader take."""
    began = monotonic()
    events = await own.events(await own.submit(TALKING, session_id=session_id))
    assert sum(frame.event == "log" for frame in events) == LINES
    return monotonic() - began
