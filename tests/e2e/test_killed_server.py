"""A server that is killed, and restarted on the same data directory."""

from collections.abc import AsyncIterator, Iterator

import anyio
import httpx2
import pytest

from tests.e2e.client import (
    Client,
    client_of,
    ends_of,
    events_of,
    types_of,
)
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.live_processes import pids_of, processes_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame, SseStream

SOONER_THAN_LEASES_END_S = 20
COUNTING = f"{OPEN_GATE}; {PASS}; i=0; while :; do i=$((i+1)); echo line $i; done"
STUBBORN = "trap '' HUP INT TERM; echo ready; while :; do sleep 600; done"
WITH_STRAY = "setsid sh -c 'trap \"\" HUP TERM; sleep 601' & echo ready; sleep 600"


@pytest.fixture(scope="module")
def killable_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("killed") / "data") as server:
        yield server


@pytest.fixture
async def own(killable_server: RunningServer) -> AsyncIterator[Client]:
    """A client of a server that these tests may kill."""
    if not killable_server.is_running:
        killable_server.start()
    async with client_of(killable_server) as client:
        yield client


async def test_a_killed_server_reports_its_task_as_interrupted_after_its_restart(
    own: Client, session_id: str
) -> None:
    rule = {"name": "line", "pattern": r"line (\d+)", "types": {"value": "integer"}}
    task_id = await own.submit(COUNTING, session_id=session_id, extraction=[rule])
    path = f"/api/v1/tasks/{task_id}/events"
    async with own.stream(path) as stream:
        gate = await gate_of(stream)
        gate.let_pass()
        await stream.until("log", line="line 300")
        with processes_of(task_id) as children:
            own.server.kill()
            await _read_until_cut(stream)
            before = stream.seen
            own.server.start()
            await children.all_gone()

    with anyio.fail_after(SOONER_THAN_LEASES_END_S):
        task = await own.finished(task_id)
    shown = [frame.data["value"] for frame in before if frame.event == "extraction"]
    stored = [
        frame.data["value"] for frame in await own.events(task_id) if frame.event == "extraction"
    ]
    async with own.stream(path, last_event_id=stream.last_id) as resumed:
        after = await resumed.to_end()
    seen = events_of(before + after)

    assert (task["status"], task["reason"]) == ("interrupted", "worker_lost")
    assert stored[: len(shown)] == shown
    assert task["result"] == {"extractions": {"line": stored[-1]}}
    assert ends_of(seen) == ["task_interrupted"]
    assert seen[-1].data["reason"] == "worker_lost"
    assert types_of(after[:1] + after[-1:]) == ["connected", "end"]
    assert "reset" not in types_of(after)
    assert [frame.data["seq"] for frame in seen] == list(range(1, len(seen) + 1))
    assert seen == await own.events(task_id)


@pytest.mark.parametrize("command", [STUBBORN, WITH_STRAY], ids=["ignores signals", "has left"])
async def test_nothing_of_a_dead_servers_task_lives_on(
    own: Client, session_id: str, command: str
) -> None:
    task_id = await own.submit(command, session_id=session_id)
    async with own.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line="ready")

    with processes_of(task_id) as children:
        own.server.kill()
        own.server.start()
        await children.all_gone()

    assert children.pids
    assert (await own.finished(task_id))["status"] == "interrupted"
    assert pids_of(task_id) == []


async def test_what_was_queued_is_carried_out_after_the_restart(
    own: Client, session_id: str
) -> None:
    live = await own.submit(STUBBORN, session_id=session_id)
    async with own.stream(f"/api/v1/tasks/{live}/events") as stream:
        await stream.until("log", line="ready")
    waiting = await own.submit("echo mine at last", session_id=session_id)

    own.server.kill()
    own.server.start()

    assert (await own.finished(live))["status"] == "interrupted"
    task = await own.finished(waiting)
    assert (task["status"], task["result"]) == (
        "completed",
        {"final_answer": "mine at last", "exit_code": 0},
    )


async def test_a_cancel_that_the_dead_server_did_not_finish_is_kept(
    own: Client, session_id: str
) -> None:
    task_id = await own.submit(STUBBORN, session_id=session_id)
    async with own.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line="ready")
        answer = await own.request("POST", f"/api/v1/tasks/{task_id}/cancel")
        await stream.until("cancel_requested")

    own.server.kill()
    own.server.start()

    assert answer.status_code == 202
    task = await own.finished(task_id)
    assert (task["status"], task["reason"]) == ("cancelled", "user")
    assert ends_of(await own.events(task_id)) == ["task_cancelled"]


async def test_a_session_stream_goes_on_over_two_crashes(own: Client, session_id: str) -> None:
    path = f"/api/v1/sse?session_id={session_id}"
    seen: list[Frame] = []
    last_id = None
    for number in range(3):
        task_id = await own.submit(f"echo {number}", session_id=session_id)
        start = "&replay=all" if last_id is None else ""
        async with own.stream(path + start, last_event_id=last_id) as stream:
            seen += events_of(await stream.until("task_complete", task_id=task_id))
            last_id = stream.last_id
        if number < 2:
            own.server.kill()
            own.server.start()

    assert [frame.data["seq"] for frame in seen] == list(range(1, len(seen) + 1))
    assert [frame.data["line"] for frame in seen if frame.event == "log"] == ["0", "1", "2"]


async def _read_until_cut(stream: SseStream) -> None:
    try:
        while await stream.next():
            pass
    except httpx2.TransportError:
        pass
