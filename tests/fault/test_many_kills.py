"""A server that is killed again and again while it writes: nothing that was shown is lost."""

from pathlib import Path

import httpx2
import pytest

from tests.e2e.client import Client, client_of, ends_of, events_of, types_of
from tests.e2e.live_processes import pids_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame, SseStream

pytestmark = pytest.mark.load

KILLS = 25
ENDLESS = "i=0; while :; do i=$((i+1)); echo line $i; done"


async def test_twenty_five_kills_in_the_middle_of_writing_lose_nothing(tmp_path: Path) -> None:
    seen: list[Frame] = []
    tasks: list[str] = []
    last_id = None
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            for kill in range(KILLS):
                tasks.append(await client.submit(ENDLESS, session_id="victim"))
                start = "&replay=all" if last_id is None else ""
                path = f"/api/v1/sse?session_id=victim{start}"
                async with client.stream(path, last_event_id=last_id) as stream:
                    await stream.until("log", line=f"line {97 + 13 * kill}", task_id=tasks[-1])
                    server.kill()
                    await _drain(stream)
                assert "reset" not in types_of(stream.seen)
                seen += events_of(stream.seen)
                last_id = stream.last_id
                server.start()
            for task_id in tasks:
                task = await client.finished(task_id)
                assert (task["status"], task["reason"]) == ("interrupted", "worker_lost")
            whole = await _whole(client, tasks)

    assert [one.data["seq"] for one in whole] == list(range(1, len(whole) + 1))
    assert seen == whole[: len(seen)]
    assert ends_of(whole) == ["task_interrupted"] * KILLS
    assert [pids_of(task_id) for task_id in tasks] == [[]] * KILLS


async def _drain(stream: SseStream) -> None:
    """What was on its way when the server died."""
    try:
        while await stream.next():
            pass
    except httpx2.TransportError:
        pass


async def _whole(client: Client, tasks: list[str]) -> list[Frame]:
    events: list[Frame] = []
    for task_id in tasks:
        events += await client.events(task_id)
    return events
