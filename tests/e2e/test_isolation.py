"""Sessions side by side, none of which may see or hold up another."""

import anyio

from tests.e2e.client import Client, events_of, types_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.sse_reader import Frame
from tests.patience import PATIENCE_S

FIFTY = 50
LINES = 20


async def test_two_sessions_at_once_never_see_each_others_events(
    client: Client, session_id: str
) -> None:
    names = [f"{session_id}-a", f"{session_id}-b"]
    talking = f"{OPEN_GATE}; {PASS}; for i in 1 2 3; do echo $AGENTCAST_TASK_ID $i; done"
    async with (
        client.stream(f"/api/v1/sse?session_id={names[0]}") as first,
        client.stream(f"/api/v1/sse?session_id={names[1]}") as second,
    ):
        tasks = [await client.submit(talking, session_id=name) for name in names]
        gates = [await gate_of(stream) for stream in (first, second)]
        for gate in gates:
            gate.let_pass()
        for stream in (first, second):
            await stream.until("task_complete")

    for name, task_id, stream in zip(names, tasks, (first, second), strict=True):
        events = events_of(stream.seen)
        assert {frame.data["session_id"] for frame in events} == {name}
        assert {frame.data["task_id"] for frame in events} == {task_id}
        assert _lines(events) == ["ready", *(f"{task_id} {number}" for number in (1, 2, 3))]


async def test_fifty_tasks_in_fifty_sessions_each_have_their_exact_events(
    client: Client, session_id: str
) -> None:
    seen: dict[str, list[Frame]] = {}

    async def watch(name: str) -> None:
        async with client.stream(f"/api/v1/sse?session_id={name}") as stream:
            await stream.take(1)
            command = f"for i in $(seq {LINES}); do echo {name} $i; done"
            await client.submit(command, session_id=name)
            seen[name] = await stream.until("task_complete")

    names = [f"{session_id}-{number}" for number in range(FIFTY)]
    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(watch, name)

    for name in names:
        assert _lines(seen[name]) == [f"{name} {number}" for number in range(1, LINES + 1)]
        assert [frame.data["seq"] for frame in seen[name]] == list(range(1, len(seen[name]) + 1))
        assert {frame.data["session_id"] for frame in seen[name]} == {name}
        assert types_of(seen[name][:2]) == ["task_queued", "task_started"]


async def test_many_watchers_of_one_session_see_the_same(client: Client, session_id: str) -> None:
    seen: list[list[Frame]] = []
    command = f"{OPEN_GATE}; {PASS}; for i in $(seq 300); do echo $i; done"

    async def watch() -> None:
        async with client.stream(f"/api/v1/sse?session_id={session_id}&replay=all") as stream:
            seen.append(events_of(await stream.until("task_complete")))

    async with client.stream(f"/api/v1/sse?session_id={session_id}") as stream:
        await client.submit(command, session_id=session_id)
        gate = await gate_of(stream)
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(watch)
            gate.let_pass()
        await stream.until("task_complete")

    assert seen == [events_of(stream.seen)] * 20


def _lines(frames: list[Frame]) -> list[object]:
    return [frame.data["line"] for frame in frames if frame.event == "log"]
