"""The application under an ASGI server other than the one that Agentcast brings along."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import anyio
import httpx2
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework

from adapters.http.protocol.listening_socket import bound_socket
from domain.process_events import Log
from domain.task import Task
from ports.runner import Completed, Outcome, RunContext
from tests.e2e.client import events_of, ids_of, line_nums
from tests.e2e.sse_reader import SseStream
from tests.e2e.writer_server import writers_in
from tests.integration.graph import Graph, running
from tests.patience import PATIENCE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypercorn:
    graph: Graph
    http: httpx2.AsyncClient

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator[SseStream]:
        async with self.http.stream("GET", path, headers=headers) as response:
            yield SseStream(response)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Hypercorn]:
    async with running(tmp_path) as graph:
        with bound_socket(host="127.0.0.1", port=0) as listener:
            port = listener.getsockname()[1]
            stop = asyncio.Event()
            config = Config()
            config.bind = [f"fd://{os.dup(listener.fileno())}"]
            config.graceful_timeout = 1.0
            app = cast(ASGIFramework, graph.container.http.application())
            serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
            await _listens(port)
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
                yield Hypercorn(graph=graph, http=http)
            stop.set()
            with anyio.fail_after(PATIENCE_S):
                await serving


async def _listens(port: int) -> None:
    with anyio.fail_after(PATIENCE_S):
        while True:
            with suppress(OSError):
                async with await anyio.connect_tcp("127.0.0.1", port):
                    return


async def test_streams_go_on_exactly_where_they_were_cut(here: Hypercorn) -> None:
    may_go_on = asyncio.Event()

    async def act(task: Task, context: RunContext) -> Outcome:
        for number in range(1, 7):
            if number == 4:
                await may_go_on.wait()
            await context.emit(Log(line="hello", line_num=number, stream="stdout"))
        return Completed(final_answer="done")

    here.graph.runner.acts["talk"] = act
    task = await here.graph.submit("talk")
    path = f"/api/v1/tasks/{task.task_id}/events"

    async with here.stream(path) as first:
        await first.until("log", line_num=3)
        writers = writers_in(here.graph.container)
    assert first.last_id is not None
    may_go_on.set()
    async with here.stream(path, **{"last-event-id": first.last_id}) as second:
        rest = await second.to_end()
    async with here.stream(path) as whole:
        seen = await whole.to_end()

    assert writers == ["portable"]
    assert line_nums(first.seen) == [1, 2, 3]
    assert ids_of(events_of(first.seen + rest)) == ids_of(events_of(seen))
