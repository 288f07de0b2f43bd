"""Long replays that nobody waits for any more."""

import anyio
import pytest

from tests.e2e.client import Client, events_of
from tests.e2e.clients.raw_watcher import RawWatcher
from tests.e2e.clients.server_state import counted, watchers_are

pytestmark = pytest.mark.load

EVENTS = 100_000
READ_BEFORE_LEAVING = 256 * 1024


async def test_a_replay_of_a_hundred_thousand_events_stops_when_its_reader_leaves(
    own: Client,
) -> None:
    path = await _long_history(own)
    for _ in range(5):
        watcher = RawWatcher(base_url=own.server.base_url, path=path)
        sent = await counted(own, "events_sent")
        watcher.connect()
        await anyio.to_thread.run_sync(_read_some, watcher)

        watcher.drop()
        await watchers_are(own, 0, within_s=1)
        reads = await counted(own, "store_reads")
        for _ in range(20):
            await own.get("/api/v1/tasks?limit=1")

        assert await counted(own, "store_reads") == reads
        assert await counted(own, "events_sent") - sent < EVENTS / 2
        assert watcher.seq > 0


async def test_a_reader_that_left_goes_on_where_it_was(own: Client) -> None:
    path = await _long_history(own)
    watcher = RawWatcher(base_url=own.server.base_url, path=path)

    for _ in range(3):
        watcher.connect()
        await anyio.to_thread.run_sync(_read_some, watcher)
        watcher.drop()
    watcher.connect()
    await anyio.to_thread.run_sync(watcher.read_to, "end")
    watcher.drop()

    assert watcher.events == watcher.seq > EVENTS


async def _long_history(own: Client) -> str:
    """The path of a task that has ended, with so many events."""
    task_id = await own.submit(f"seq {EVENTS}", session_id="long")
    path = f"/api/v1/tasks/{task_id}/events"
    async with own.stream(f"{path}?types=task_*") as stream:
        with anyio.fail_after(60):
            assert events_of(await stream.to_end())[-1].event == "task_complete"
    return path


def _read_some(watcher: RawWatcher) -> None:
    read = 0
    while read < READ_BEFORE_LEAVING:
        assert watcher.read(4096)
        read += 4096
