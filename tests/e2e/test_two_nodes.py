"""Two servers on one PostgreSQL: whichever a client talks to, it sees the same."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import pytest

from tests.e2e.client import ENDS, Client, client_of, ends_of, events_of, types_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.live_processes import processes_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame

Nodes = tuple[Client, Client]
HELD_EVERY_50 = (
    f"{OPEN_GATE}; i=0; while [ $i -lt 500 ]; do "
    f"i=$((i+1)); echo line $i; [ $((i % 50)) -ne 0 ] || {PASS}; done"
)
WAITING = "echo ready; sleep 600"


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> Iterator[tuple[RunningServer, RunningServer]]:
    folder = tmp_path_factory.mktemp("nodes")
    settings = _settings(database_url)
    with (
        running_server(folder / "one", **settings) as one,
        running_server(folder / "two", **settings) as two,
    ):
        yield one, two


@pytest.fixture
async def nodes(servers: tuple[RunningServer, RunningServer]) -> AsyncIterator[Nodes]:
    async with client_of(servers[0]) as one, client_of(servers[1]) as two:
        yield one, two


async def test_a_task_submitted_on_one_node_is_watched_on_the_other(
    nodes: Nodes, session_id: str
) -> None:
    one, two = nodes
    async with two.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        await stream.take(1)
        task_id = await one.submit("for i in $(seq 300); do echo $i; done", session_id=session_id)
        seen = await stream.until("task_complete")

    assert seen == await one.events(task_id) == await two.events(task_id)


async def test_a_client_hops_between_the_nodes_with_its_cursor(
    nodes: Nodes, session_id: str
) -> None:
    path = f"/api/v1/sse?session_id={session_id}"
    async with nodes[0].stream(path) as stream:
        await stream.take(1)
        await nodes[1].submit(HELD_EVERY_50, session_id=session_id)
        gate = await gate_of(stream)
    seen = stream.seen
    last_id = stream.last_id
    for hop in range(1, 11):
        async with nodes[hop % 2].stream(path, last_event_id=last_id) as stream:
            seen += await stream.until("log", line=f"line {50 * hop - 9 * (hop % 3)}")
            last_id = stream.last_id
        gate.let_pass()
    async with nodes[1].stream(path, last_event_id=last_id) as stream:
        seen += await stream.until("task_complete")

    lines = [one.data["line"] for one in seen if one.event == "log"]
    assert lines == ["ready", *(f"line {number}" for number in range(1, 501))]
    assert "reset" not in types_of(seen)
    assert [one.data["seq"] for one in events_of(seen)] == list(range(1, len(events_of(seen)) + 1))


async def test_an_agents_stream_hops_too(nodes: Nodes, session_id: str) -> None:
    path = "/api/v1/agents/shell/stream"
    async with nodes[0].stream(path) as stream:
        cursor = str((await stream.take(1))[0].data["cursor"])
    tasks = [
        await nodes[number % 2].submit("echo a; echo b", session_id=f"{session_id}-{number % 3}")
        for number in range(9)
    ]
    seen: list[Frame] = []
    hop = 0
    while not set(tasks) <= _ended(seen):
        hop += 1
        async with nodes[hop % 2].stream(path, last_event_id=cursor) as stream:
            await stream.take(1)
            for _ in range(11):
                if not set(tasks) <= _ended(seen):
                    seen += await stream.take(1)
            cursor = str(stream.last_id)

    for task_id in tasks:
        events = [one.data for one in seen if one.data["task_id"] == task_id]
        assert events == [one.data for one in await nodes[0].events(task_id)]


async def test_a_task_is_cancelled_from_either_node(nodes: Nodes, session_id: str) -> None:
    for number, canceller in enumerate(nodes):
        task_id = await nodes[0].submit(WAITING, session_id=f"{session_id}-{number}")
        async with canceller.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("log", line="ready")
            with processes_of(task_id) as children:
                await canceller.request("POST", f"/api/v1/tasks/{task_id}/cancel")
                await children.all_gone()
            seen = await stream.to_end()

        assert ends_of(seen) == ["task_cancelled"]


async def test_a_hundred_submissions_with_one_key_to_both_nodes_make_one_task(
    nodes: Nodes, session_id: str
) -> None:
    made: set[tuple[int, object]] = set()
    body = {"task": "echo once", "session_id": session_id, "agent": "shell"}

    async def submit(node: Client) -> None:
        answer = await node.request(
            "POST", "/api/v1/tasks", json=body, idempotency_key=f"key of {session_id}"
        )
        made.add((answer.status_code, answer.json().get("task_id")))

    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(submit, nodes[number % 2])

    [(status, task_id)] = made
    assert status == 202
    assert ends_of(await nodes[0].events(str(task_id))) == ["task_complete"]


async def test_fifty_retries_on_both_nodes_make_one_task(nodes: Nodes, session_id: str) -> None:
    first = await nodes[0].submit("exit 3", session_id=session_id)
    await nodes[1].finished(first)
    # The session is busy meanwhile, so that what retries does not end before the last has asked.
    running = await nodes[0].submit(WAITING, session_id=session_id)
    made: set[tuple[int, object]] = set()

    async def retry(node: Client) -> None:
        answer = await node.request("POST", f"/api/v1/tasks/{first}/retry")
        made.add((answer.status_code, answer.json().get("task_id")))

    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(retry, nodes[number % 2])
    await nodes[1].request("POST", f"/api/v1/tasks/{running}/cancel")

    [(status, task_id)] = made
    assert status == 202
    assert ends_of(await nodes[0].events(str(task_id))) == ["task_failed"]


async def test_tasks_of_one_session_run_one_after_another_wherever_they_came_in(
    nodes: Nodes, session_id: str
) -> None:
    command = "echo in; echo out"
    tasks = [await nodes[n % 2].submit(command, session_id=session_id) for n in range(8)]
    for task_id in tasks:
        assert ends_of(await nodes[0].events(task_id)) == ["task_complete"]

    history = await nodes[1].get(
        f"/api/v1/sessions/{session_id}/events?types=task_started,task_complete",
        accept="application/json",
    )
    items = history["items"]
    assert isinstance(items, list)
    assert [(item["event_type"], item["task_id"]) for item in items] == [
        (event, task_id) for task_id in tasks for event in ("task_started", "task_complete")
    ]


async def test_a_session_deleted_on_one_node_ends_its_streams_on_the_other(
    nodes: Nodes, session_id: str
) -> None:
    task_id = await nodes[0].submit(WAITING, session_id=session_id)
    async with nodes[1].stream(f"/api/v1/sse?session_id={session_id}&replay=all") as stream:
        await stream.until("log", line="ready")
        with processes_of(task_id) as children:
            await nodes[0].request("DELETE", f"/api/v1/sessions/{session_id}")
            await children.all_gone()
        seen = await stream.to_end()

    assert seen[-1] == Frame(event="end", data={"reason": "session_deleted"})
    assert (await nodes[1].request("GET", f"/api/v1/tasks/{task_id}")).status_code == 404


async def test_the_task_of_a_dead_node_is_settled_by_the_living_one(
    nodes: Nodes, session_id: str, tmp_path: Path, database_url: str
) -> None:
    with running_server(tmp_path / "third", **_settings(database_url, lease_s=2)) as server:
        async with client_of(server) as third:
            task_id = await _on(third, session_id)
            async with nodes[0].stream(f"/api/v1/tasks/{task_id}/events") as stream:
                await stream.until("log", line="ready")
                with processes_of(task_id) as children:
                    server.kill()
                    seen = await stream.to_end()
                    await children.all_gone()

    assert ends_of(seen) == ["task_interrupted"]
    assert events_of(seen)[-1].data["reason"] == "worker_lost"


async def _on(node: Client, session_id: str) -> str:
    """A task that this node, and none of the others, is carrying out."""
    name = (node.server.data_dir / "instance").read_text()
    for number in range(100):
        task_id = await node.submit(WAITING, session_id=f"{session_id}-{number}")
        async with node.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            started = (await stream.until("task_started"))[-1]
        if str(started.data["worker_id"]).startswith(f"{name}."):
            return task_id
        await node.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
    raise AssertionError("this node carries out nothing")


def _ended(frames: list[Frame]) -> set[object]:
    return {frame.data["task_id"] for frame in frames if frame.event in ENDS}


def _settings(database_url: str, *, lease_s: int = 60) -> dict[str, str]:
    """The lease is longer than any machine stands still, so that no task is lost by that."""
    return {
        "AGENTCAST_DATABASE_URL": database_url,
        "AGENTCAST_LEASE_S": str(lease_s),
        "AGENTCAST_HEARTBEAT_S": "0.5",
    }
