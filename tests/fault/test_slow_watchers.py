"""Watchers that read little or nothing, that leave in the middle, and that come back all at once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

import anyio
import psutil
import pytest

from tests.e2e.client import Client, ends_of, events_of, line_nums
from tests.e2e.clients.raw_watcher import RawWatcher
from tests.e2e.clients.server_state import cost_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of

pytestmark = pytest.mark.load

MIB = 1024 * 1024
LINES = 40_000
LONG_LINES = f"{OPEN_GATE}; {PASS}; yes $(seq -s x 150) | head -n {LINES}"
WATCHERS = 1000
SLOW_ONES = 20
SLOW_LINES = 50_000
TALKING = f"seq -f %0200.0f {SLOW_LINES}"
SMALL_BUFFER = 4096


async def test_a_watcher_that_does_not_read_costs_nothing_and_misses_nothing(
    own: Client,
) -> None:
    """About 25 MB pass by while it sits there."""
    server = psutil.Process(own.server.pid)
    async with own.stream("/api/v1/sse?session_id=big") as prompt:
        await own.submit(LONG_LINES, session_id="big")
        gate = await gate_of(prompt)
        async with own.stream("/api/v1/sse?session_id=big&replay=all") as lazy:
            await lazy.take(1)
            before = server.memory_info().rss
            gate.let_pass()
            seen = await prompt.until("task_complete")
            grown = server.memory_info().rss - before
            late = await lazy.until("task_complete")

    assert grown < 60 * MIB
    assert line_nums(seen) == list(range(2, LINES + 2))
    assert late[-len(seen) :] == seen


async def test_leaving_in_the_middle_of_a_long_replay_frees_the_stream(own: Client) -> None:
    task_id = await own.submit("seq 60000", session_id="long")
    assert (await own.finished(task_id))["status"] == "completed"

    for _ in range(20):
        async with own.stream("/api/v1/sse?session_id=long&replay=all") as stream:
            await stream.take(200)

    with anyio.fail_after(5):
        while (await own.get("/api/v1/sse/stats"))["total_clients"] != 0:
            pass
    assert len(await own.events(task_id)) > 60_000


async def test_a_thousand_watchers_come_back_at_once_and_miss_nothing(own: Client) -> None:
    task_id = await own.submit("seq 200", session_id="storm")
    whole = await own.events(task_id)
    exact: list[bool] = []

    async def come_back(index: int) -> None:
        after = whole[index % (len(whole) - 1)]
        async with own.stream(f"/api/v1/tasks/{task_id}/events", last_event_id=after.id) as stream:
            seen = events_of(await stream.to_end())
        exact.append(seen == whole[whole.index(after) + 1 :])

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for index in range(WATCHERS):
                group.start_soon(come_back, index)

    assert exact == [True] * WATCHERS
    assert await own.get("/ready") == {"status": "ready"}


async def test_a_thousand_open_streams_are_live_and_leave_nothing_behind(
    own: Client,
) -> None:
    server = psutil.Process(own.server.pid)
    descriptors = server.num_fds()
    seen: list[list[str]] = []

    async def watch(ready: anyio.Event) -> None:
        async with own.stream("/api/v1/sse?session_id=many") as stream:
            await stream.take(1)
            ready.set()
            seen.append(ends_of(await stream.until("task_complete")))

    with anyio.fail_after(120):
        async with anyio.create_task_group() as group:
            for _ in range(WATCHERS):
                ready = anyio.Event()
                group.start_soon(watch, ready)
                await ready.wait()
            await own.submit("echo hello watchers", session_id="many")

    assert seen == [["task_complete"]] * WATCHERS
    with anyio.fail_after(10):
        while (await own.get("/api/v1/sse/stats"))["total_clients"] != 0:
            pass
        while server.num_fds() > descriptors + 25:
            await own.get("/health")


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
    assert sum(frame.event == "log" for frame in events) == SLOW_LINES
    return monotonic() - began
