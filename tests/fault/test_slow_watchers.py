"""Watchers that do not read, that leave in the middle, and that come back all at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import psutil
import pytest

from tests.e2e.client import Client, client_of, ends_of, events_of, line_nums
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.running_server import running_server

pytestmark = pytest.mark.load

MIB = 1024 * 1024
LINES = 40_000
LONG_LINES = f"{OPEN_GATE}; {PASS}; yes $(seq -s x 150) | head -n {LINES}"
WATCHERS = 1000


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            yield client


async def test_a_watcher_that_does_not_read_costs_nothing_and_misses_nothing(
    client: Client,
) -> None:
    """About 25 MB pass by while it sits there."""
    server = psutil.Process(client.server.pid)
    async with client.stream("/api/v1/sse?session_id=big") as prompt:
        await client.submit(LONG_LINES, session_id="big")
        gate = await gate_of(prompt)
        async with client.stream("/api/v1/sse?session_id=big&replay=all") as lazy:
            await lazy.take(1)
            before = server.memory_info().rss
            gate.let_pass()
            seen = await prompt.until("task_complete")
            grown = server.memory_info().rss - before
            late = await lazy.until("task_complete")

    assert grown < 60 * MIB
    assert line_nums(seen) == list(range(2, LINES + 2))
    assert late[-len(seen) :] == seen


async def test_leaving_in_the_middle_of_a_long_replay_frees_the_stream(client: Client) -> None:
    task_id = await client.submit("seq 60000", session_id="long")
    assert (await client.finished(task_id))["status"] == "completed"

    for _ in range(20):
        async with client.stream("/api/v1/sse?session_id=long&replay=all") as stream:
            await stream.take(200)

    with anyio.fail_after(5):
        while (await client.get("/api/v1/sse/stats"))["total_clients"] != 0:
            pass
    assert len(await client.events(task_id)) > 60_000


async def test_a_thousand_watchers_come_back_at_once_and_miss_nothing(client: Client) -> None:
    task_id = await client.submit("seq 200", session_id="storm")
    whole = await client.events(task_id)
    exact: list[bool] = []

    async def come_back(index: int) -> None:
        after = whole[index % (len(whole) - 1)]
        async with client.stream(
            f"/api/v1/tasks/{task_id}/events", last_event_id=after.id
        ) as stream:
            seen = events_of(await stream.to_end())
        exact.append(seen == whole[whole.index(after) + 1 :])

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for index in range(WATCHERS):
                group.start_soon(come_back, index)

    assert exact == [True] * WATCHERS
    assert await client.get("/ready") == {"status": "ready"}


async def test_a_thousand_open_streams_are_live_and_leave_nothing_behind(
    client: Client,
) -> None:
    server = psutil.Process(client.server.pid)
    descriptors = server.num_fds()
    seen: list[list[str]] = []

    async def watch(ready: anyio.Event) -> None:
        async with client.stream("/api/v1/sse?session_id=many") as stream:
            await stream.take(1)
            ready.set()
            seen.append(ends_of(await stream.until("task_complete")))

    with anyio.fail_after(120):
        async with anyio.create_task_group() as group:
            for _ in range(WATCHERS):
                ready = anyio.Event()
                group.start_soon(watch, ready)
                await ready.wait()
            await client.submit("echo hello watchers", session_id="many")

    assert seen == [["task_complete"]] * WATCHERS
    with anyio.fail_after(10):
        while (await client.get("/api/v1/sse/stats"))["total_clients"] != 0:
            pass
        while server.num_fds() > descriptors + 25:
            await client.get("/health")
