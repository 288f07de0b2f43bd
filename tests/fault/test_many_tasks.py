"""Very many tasks, one after another and by chance: nothing leaks and every status is true."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import psutil
import pytest

from tests.e2e.client import ENDS, Client, client_of, ends_of, events_of
from tests.e2e.live_processes import commands_of, pids_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame

pytestmark = pytest.mark.load

STATUS_OF = {
    "task_complete": "completed",
    "task_failed": "failed",
    "task_cancelled": "cancelled",
    "task_interrupted": "interrupted",
}
COMMANDS = ["seq 50", "exit 3", "echo a; sleep 600", "trap '' TERM; echo b; sleep 600 & wait"]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            yield client


async def test_five_hundred_tasks_leave_no_descriptor_and_no_process_behind(
    client: Client,
) -> None:
    server = psutil.Process(client.server.pid)
    await _run(client, 100)
    before = server.num_fds()

    await _run(client, 400)

    assert server.num_fds() <= before + 5
    assert commands_of(server.pid) == []


@pytest.mark.parametrize("round_", [1, 2])
async def test_whatever_happens_every_task_ends_once_and_its_log_has_no_hole(
    client: Client, seed: int, round_: int
) -> None:
    chance = random.Random(f"{seed}.{round_}")
    tasks: list[str] = []
    for _ in range(80):
        match chance.randrange(12):
            case 0:
                client.server.kill()
                client.server.start()
            case 1:
                client.server.stop()
                client.server.start()
            case 2 | 3 | 4 if tasks:
                mode = chance.choice(["graceful", "kill"])
                path = f"/api/v1/tasks/{chance.choice(tasks)}/cancel"
                await client.request("POST", path, json={"mode": mode})
            case _:
                name = f"s{chance.randrange(6)}"
                on_busy = chance.choice(["enqueue", "interrupt"])
                command = chance.choice(COMMANDS)
                tasks.append(await client.submit(command, session_id=name, on_busy=on_busy))

    for task_id in tasks:
        await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
    with anyio.fail_after(60):
        logs = [await client.events(task_id) for task_id in tasks]

    for task_id, log in zip(tasks, logs, strict=True):
        [end] = ends_of(log)
        assert log[-1].event == end
        assert (await client.get(f"/api/v1/tasks/{task_id}"))["status"] == STATUS_OF[end]
        assert pids_of(task_id) == []
    for number in range(6):
        whole = await _session(client, f"s{number}")
        assert [one.data["seq"] for one in whole] == list(range(1, len(whole) + 1))
        _assert_one_at_a_time(whole)


def _assert_one_at_a_time(whole: list[Frame]) -> None:
    live: object = None
    for frame in whole:
        if frame.event == "task_started":
            assert live is None
            live = frame.data["task_id"]
        elif frame.event in ENDS and frame.data["task_id"] == live:
            live = None


async def _run(client: Client, count: int) -> None:
    tasks = [await client.submit("echo x", session_id=f"s{number}") for number in range(count)]
    for task_id in tasks:
        assert ends_of(await client.events(task_id)) == ["task_complete"]


async def _session(client: Client, name: str) -> list[Frame]:
    answer = await client.request("GET", f"/api/v1/sessions/{name}")
    if answer.status_code == 404:
        return []
    async with client.stream(f"/api/v1/sse?session_id={name}&replay=all") as stream:
        await stream.take(1)
        return events_of(await stream.take(int(answer.json()["last_seq"])))
