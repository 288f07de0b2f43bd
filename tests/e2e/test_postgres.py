"""The same server over PostgreSQL."""

from collections.abc import AsyncIterator, Iterator

import anyio
import pytest

from tests.e2e.client import Client, client_of, ends_of, events_of, line_nums, types_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.live_processes import processes_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame

TWO_THOUSAND = "for i in $(seq 1 2000); do echo line $i; done"
SOONER_THAN_LEASES_END_S = 20
COUNTING = f"{OPEN_GATE}; {PASS}; i=0; while :; do i=$((i+1)); echo line $i; done"


@pytest.fixture(scope="module")
def killable_server(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("postgres")
    with running_server(folder / "data", AGENTCAST_DATABASE_URL=database_url) as server:
        yield server


@pytest.fixture
async def own(killable_server: RunningServer) -> AsyncIterator[Client]:
    """A client of a server on PostgreSQL that these tests may kill."""
    if not killable_server.is_running:
        killable_server.start()
    async with client_of(killable_server) as client:
        yield client


async def test_two_thousand_lines_come_once_each_over_ten_cuts(
    own: Client, session_id: str
) -> None:
    task_id = await own.submit(TWO_THOUSAND, session_id=session_id)
    path = f"/api/v1/tasks/{task_id}/events"

    seen: list[Frame] = []
    last_id = None
    for _ in range(10):
        async with own.stream(path, last_event_id=last_id) as stream:
            seen += await stream.take(190)
            last_id = stream.last_id
    async with own.stream(path, last_event_id=last_id) as stream:
        seen += await stream.to_end()
    async with own.stream(path, last_event_id=stream.last_id) as again:
        assert again.status == 204

    assert line_nums(seen) == list(range(1, 2001))
    assert [one.data["seq"] for one in events_of(seen)] == list(range(1, len(events_of(seen)) + 1))
    assert ends_of(seen) == ["task_complete"]
    assert events_of(seen) == await own.events(task_id)


async def test_a_killed_server_reports_its_task_as_interrupted_after_its_restart(
    own: Client, session_id: str
) -> None:
    task_id = await own.submit(COUNTING, session_id=session_id)
    path = f"/api/v1/tasks/{task_id}/events"
    async with own.stream(path) as stream:
        gate = await gate_of(stream)
        gate.let_pass()
        await stream.until("log", line="line 300")
        with processes_of(task_id) as children:
            own.server.kill()
            own.server.start()
            await children.all_gone()

    with anyio.fail_after(SOONER_THAN_LEASES_END_S):
        task = await own.finished(task_id)
    async with own.stream(path, last_event_id=stream.last_id) as resumed:
        after = await resumed.to_end()
    seen = events_of(stream.seen + after)

    assert (task["status"], task["reason"]) == ("interrupted", "worker_lost")
    assert ends_of(seen) == ["task_interrupted"]
    assert "reset" not in types_of(after)
    assert [one.data["seq"] for one in seen] == list(range(1, len(seen) + 1))
    assert seen == await own.events(task_id)


async def test_fifty_tasks_in_fifty_sessions_each_have_their_exact_events(
    own: Client, session_id: str
) -> None:
    names = [f"{session_id}-{number}" for number in range(50)]
    tasks = {
        name: await own.submit(f"for i in $(seq 20); do echo {name} $i; done", session_id=name)
        for name in names
    }

    for name, task_id in tasks.items():
        seen = await own.events(task_id)
        lines = [one.data["line"] for one in seen if one.event == "log"]
        assert lines == [f"{name} {number}" for number in range(1, 21)]
        assert [one.data["seq"] for one in seen] == list(range(1, len(seen) + 1))
