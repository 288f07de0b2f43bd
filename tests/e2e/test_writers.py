"""However a stream is written, it is the same: on a socket taken over, over TLS, or by uvicorn as it comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.http.middleware.response_headers import SECURITY_HEADERS
from domain.process_events import Log
from domain.task import Task, TaskStatus
from ports.runner import Completed, Outcome, RunContext
from tests.e2e.client import events_of, ids_of, line_nums, types_of
from tests.e2e.sse_reader import Frame
from tests.e2e.writer_server import ORIGIN, Way, WriterServer, writer_server
from tests.integration.graph import for_ever

STREAM = "/api/v1/sse?session_id=s"


@pytest.fixture(params=["uvicorn", "tls", "reactor"])
def way(request: pytest.FixtureRequest) -> Way:
    chosen: Way = request.param
    return chosen


@pytest.fixture
async def here(tmp_path: Path, way: Way) -> AsyncIterator[WriterServer]:
    async with writer_server(tmp_path, way) as server:
        yield server


class Lines:
    """A task that prints a line each time it is let."""

    def __init__(self) -> None:
        self._may = asyncio.Semaphore(0)

    def let(self, count: int) -> None:
        for _ in range(count):
            self._may.release()

    async def act(self, task: Task, context: RunContext) -> Outcome:
        for number in range(1, 7):
            await self._may.acquire()
            await context.emit(Log(line="hello", line_num=number, stream="stdout"))
        return Completed(final_answer="done")


async def test_a_stream_that_is_cut_goes_on_where_it_was_until_its_end(
    here: WriterServer, way: Way
) -> None:
    lines = Lines()
    here.graph.runner.acts["talk"] = lines.act
    task = await here.graph.submit("talk")
    path = f"/api/v1/tasks/{task.task_id}/events"

    async with here.stream(path) as first:
        lines.let(3)
        await first.until("log", line_num=3)
        writers = here.writers()
    assert first.last_id is not None
    async with here.stream(path, last_event_id=first.last_id) as second:
        lines.let(3)
        rest = await second.to_end()
    async with here.stream(path) as whole:
        seen = await whole.to_end()

    assert writers == ["reactor" if way == "reactor" else "portable"]
    assert measured_deliveries(here) >= 2
    assert line_nums(first.seen) == [1, 2, 3]
    assert types_of(rest)[-2:] == ["task_complete", "end"]
    assert ids_of(events_of(first.seen + rest)) == ids_of(events_of(seen))


def measured_deliveries(here: WriterServer) -> float:
    """Of one in eight writes to each stream, the first of them."""
    [found] = [
        sample.value
        for family in here.graph.container.metrics_registry().collect()
        for sample in family.samples
        if sample.name == "agentcast_delivery_seconds_count"
    ]
    return found


async def test_the_head_has_what_the_middleware_adds(here: WriterServer, way: Way) -> None:
    async with here.stream(STREAM, origin=ORIGIN, x_request_id="abc-123") as stream:
        await stream.take(1)
        headers = stream.headers

    expected = {
        **{name.lower(): value for name, value in SECURITY_HEADERS.items()},
        "x-request-id": "abc-123",
        "access-control-allow-origin": ORIGIN,
        "cache-control": "no-store",
        "content-type": "text/event-stream; charset=utf-8",
        "transfer-encoding": "chunked",
    }
    assert {name: headers.get(name) for name in expected} == expected
    assert headers.get("connection") == ("close" if way == "reactor" else None)


async def test_who_leaves_cancels_the_task_that_was_to_end_with_it(here: WriterServer) -> None:
    here.graph.runner.acts["wait"] = for_ever
    body = {"task": "wait", "session_id": "s", "on_disconnect": "cancel"}

    async with here.stream(
        "/api/v1/tasks", method="POST", json=body, accept="text/event-stream"
    ) as stream:
        [started] = (await stream.until("task_started"))[-1:]
    task_id = str(started.data["task_id"])
    async with here.stream(f"/api/v1/tasks/{task_id}/events") as again:
        end = (await again.until("task_cancelled"))[-1]

    assert end.data["reason"] == "disconnect"


async def test_an_ending_server_ends_its_streams(here: WriterServer) -> None:
    async with here.stream(STREAM) as stream:
        await stream.take(1)
        here.server.should_exit = True
        rest = await stream.to_end()

    assert rest == [Frame(event="end", data={"reason": "server_draining"})]


async def test_a_stream_of_a_task_that_completes_closes_by_itself(here: WriterServer) -> None:
    task = await here.graph.submit("quick")
    ended = await here.graph.ended(task)

    async with here.stream(f"/api/v1/tasks/{task.task_id}/events") as stream:
        seen = await stream.to_end()

    assert ended.status == TaskStatus.COMPLETED
    assert types_of(seen)[-2:] == ["task_complete", "end"]
    assert here.writers() == []
