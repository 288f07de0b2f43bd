"""Streams over twelve sessions, cut two hundred times while servers die: nothing doubled or lost."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import anyio
import httpx2
import pytest

from tests.contract.postgres import postgres_url
from tests.e2e.client import Client, client_of, ends_of, events_of, types_of
from tests.e2e.conftest import database_url
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame

__all__ = ["database_url", "postgres_url"]

pytestmark = pytest.mark.load

CUTS = 200
CUTS_FOR_EACH_RESTART = 40
SESSIONS = [f"s{number}" for number in range(12)]
PATHS = ("/api/v1/agents/shell/stream", f"/api/v1/sse?session_id={','.join(SESSIONS)}")
TALKING = "for i in $(seq 15); do echo $i; done"
LONGEST_S = 0.15
"""Of a connection; the cut comes in whatever it is reading then."""
DRAINED_S = 120


class Watcher:
    """Comes back with the last id, to one node or the other."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.seen: list[Frame] = []
        self.cursor: str | None = None

    async def read(self, client: Client, *, for_s: float, tasks: int | None = None) -> None:
        """Up to the time's end, or that of so many tasks."""
        with anyio.move_on_after(for_s):
            try:
                async with client.stream(self.path, last_event_id=self.cursor) as stream:
                    while len(ends_of(self.seen)) != tasks and (frame := await stream.next()):
                        self.seen.append(frame)
                        self.cursor = frame.id or self.cursor
            except httpx2.TransportError:
                pass  # it was killed meanwhile


@contextmanager
def one_server(folder: Path) -> Iterator[list[RunningServer]]:
    with running_server(folder / "one") as one:
        yield [one]


@contextmanager
def two_nodes(folder: Path, url: str) -> Iterator[list[RunningServer]]:
    settings = {
        "AGENTCAST_DATABASE_URL": url,
        "AGENTCAST_LEASE_S": "3",
        "AGENTCAST_HEARTBEAT_S": "0.5",
    }
    with (
        running_server(folder / "one", **settings) as one,
        running_server(folder / "two", **settings) as two,
    ):
        yield [one, two]


async def test_on_one_server_with_sqlite(tmp_path: Path, seed: int) -> None:
    with one_server(tmp_path) as servers:
        await _cut_again_and_again(servers, random.Random(seed))


async def test_on_two_nodes_with_postgresql(tmp_path: Path, database_url: str, seed: int) -> None:
    with two_nodes(tmp_path, database_url) as servers:
        await _cut_again_and_again(servers, random.Random(seed))


async def _cut_again_and_again(servers: list[RunningServer], chance: random.Random) -> None:
    tasks: list[str] = []
    watchers = [Watcher(path) for path in PATHS]
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(client_of(server)) for server in servers]
        for watcher in watchers:
            async with nodes[0].stream(watcher.path) as stream:
                watcher.cursor = (await stream.take(1))[0].id
        for cut in range(1, CUTS + 1):
            session = chance.choice(SESSIONS)
            tasks.append(await chance.choice(nodes).submit(TALKING, session_id=session))
            for watcher in watchers:
                await watcher.read(chance.choice(nodes), for_s=chance.uniform(0, LONGEST_S))
            if cut % CUTS_FOR_EACH_RESTART == 0:
                killed = chance.choice(servers)
                killed.kill()
                await anyio.to_thread.run_sync(killed.start)
        for watcher in watchers:
            await watcher.read(chance.choice(nodes), for_s=DRAINED_S, tasks=len(tasks))
        whole = {task_id: await nodes[0].events(task_id) for task_id in tasks}

    for watcher in watchers:
        assert "reset" not in types_of(watcher.seen)
        events = events_of(watcher.seen)
        assert {
            task_id: _bare([frame for frame in events if frame.data["task_id"] == task_id])
            for task_id in tasks
        } == {task_id: _bare(frames) for task_id, frames in whole.items()}
        assert len(events) == sum(map(len, whole.values()))


def _bare(frames: list[Frame]) -> list[object]:
    return [frame.data for frame in frames]
