"""Very many tasks, one after another and by chance: nothing leaks and every status is true."""

import random

import anyio
import psutil
import pytest

from tests.e2e.client import ENDS, Client, ends_of, events_of
from tests.e2e.live_processes import commands_of, pids_of
from tests.e2e.sse_reader import Frame

pytestmark = pytest.mark.load

STATUS_OF = {
    "task_complete": "completed",
    "task_failed": "failed",
    "task_cancelled": "cancelled",
    "task_interrupted": "interrupted",
}
COMMANDS = ["seq 50", "exit 3", "echo a; sleep 600", "trap '' TERM; echo b; sleep 600 & wait"]


async def test_five_hundred_tasks_leave_no_descriptor_and_no_process_behind(
    own: Client,
) -> None:
    server = psutil.Process(own.server.pid)
    await _run(own, 100)
    before = server.num_fds()

    await _run(own, 400)

    assert server.num_fds() <= before + 5
    assert commands_of(server.pid) == []


@pytest.mark.parametrize("round_", [1, 2])
async def test_whatever_happens_every_task_ends_once_and_its_log_has_no_hole(
    own: Client, seed: int, round_: int
) -> None:
    chance = random.Random(f"{seed}.{round_}")
    tasks: list[str] = []
    for _ in range(80):
        match chance.randrange(12):
            case 0:
                own.server.kill()
                own.server.start()
            case 1:
                own.server.stop()
                own.server.start()
            case 2 | 3 | 4 if tasks:
                mode = chance.choice(["graceful", "kill"])
                path = f"/api/v1/tasks/{chance.choice(tasks)}/cancel"
                await own.request("POST", path, json={"mode": mode})
            case _:
                name = f"s{chance.randrange(6)}"
                on_busy = chance.choice(["enqueue", "interrupt"])
                command = chance.choice(COMMANDS)
                tasks.append(await own.submit(command, session_id=name, on_busy=on_busy))

    for task_id in tasks:
        await own.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
    with anyio.fail_after(60):
        logs = [await own.events(task_id) for task_id in tasks]

    for task_id, log in zip(tasks, logs, strict=True):
        [end] = ends_of(log)
        assert log[-1].event == end
        assert (await own.get(f"/api/v1/tasks/{task_id}"))["status"] == STATUS_OF[end]
        assert pids_of(task_id) == []
    for number in range(6):
        whole = await _session(own, f"s{number}")
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


async def _run(own: Client, count: int) -> None:
    tasks = [await own.submit("echo x", session_id=f"s{number}") for number in range(count)]
    for task_id in tasks:
        assert ends_of(await own.events(task_id)) == ["task_complete"]


async def _session(own: Client, name: str) -> list[Frame]:
    answer = await own.request("GET", f"/api/v1/sessions/{name}")
    if answer.status_code == 404:
        return []
    async with own.stream(f"/api/v1/sse?session_id={name}&replay=all") as stream:
        await stream.take(1)
        return events_of(await stream.take(int(answer.json()["last_seq"])))
