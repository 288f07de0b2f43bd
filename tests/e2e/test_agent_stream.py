"""What an agent does in all its sessions, in one stream with one opaque cursor."""

from dataclasses import dataclass

import pytest

from tests.e2e.client import ENDS, Client, events_of, ids_of, types_of
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.sse_reader import Frame

TALKING = "for i in $(seq 60); do echo $i; done"


@dataclass(frozen=True)
class OwnAgent:
    """Runs shell commands as `shell` does, but no other test has tasks of it on the server."""

    client: Client
    name: str

    @property
    def stream(self) -> str:
        return f"/api/v1/agents/{self.name}/stream"

    async def submit(self, task: str, *, session_id: str) -> str:
        return await self.client.submit(task, session_id=session_id, agent=self.name)


@pytest.fixture
async def agent(client: Client, session_id: str) -> OwnAgent:
    name = f"agent-of-{session_id}"
    profile = {"kind": "command", "argv": ["/bin/sh", "-c", "{task}"]}
    await client.request("PUT", f"/api/v1/agents/{name}", json=profile)
    return OwnAgent(client, name)


async def test_nothing_is_lost_or_doubled_over_many_cuts(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    async with client.stream(agent.stream) as stream:
        connected = (await stream.take(1))[0]
    tasks = [
        await agent.submit(TALKING, session_id=f"{session_id}-{number % 4}") for number in range(8)
    ]

    cursor = str(connected.data["cursor"])
    seen = await _read_with_cuts(agent, cursor, tasks=len(tasks), every=37)

    assert "reset" not in types_of(seen)
    assert len(set(ids_of(seen))) == len(seen)
    for task_id in tasks:
        assert _of_task(seen, task_id) == _without_ids(await client.events(task_id))
    assert {frame.data["task_id"] for frame in seen} == set(tasks)


async def test_a_new_task_in_a_new_session_joins_an_open_stream(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    async with client.stream(agent.stream) as stream:
        await stream.take(1)
        first = await agent.submit(f"{OPEN_GATE}; {PASS}", session_id=f"{session_id}-a")
        gate = await gate_of(stream)
        second = await agent.submit("echo between", session_id=f"{session_id}-b")
        between = await stream.until("task_complete", task_id=second)
        gate.let_pass()
        after = await stream.until("task_complete", task_id=first)

    assert _of_task(between, second) == _without_ids(await client.events(second))
    assert _of_task(stream.seen, first) == _without_ids(await client.events(first))
    assert {frame.data["task_id"] for frame in after} == {first}


async def test_every_event_of_the_stream_is_a_place_to_resume_from(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    async with client.stream(agent.stream) as stream:
        await stream.take(1)
        first = await agent.submit("echo x", session_id=f"{session_id}-a")
        await stream.until("task_complete", task_id=first)
        task_id = await agent.submit("echo y", session_id=f"{session_id}-b")
        await stream.until("task_complete", task_id=task_id)
        whole = events_of(stream.seen)

    for index, frame in enumerate(whole[:-1]):
        async with client.stream(agent.stream, last_event_id=frame.id) as resumed:
            seen = events_of(await resumed.until("task_complete", task_id=task_id))
        assert _without_ids(seen) == _without_ids(whole[index + 1 :])


async def test_a_stream_from_now_never_shows_what_ended_before(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    old = await agent.submit("echo old", session_id=f"{session_id}-old")
    await client.events(old)
    async with client.stream(agent.stream) as stream:
        await stream.take(1)
        new = await agent.submit("echo new", session_id=f"{session_id}-new")
        first_half = await stream.until("log", line="new")
    async with client.stream(agent.stream, last_event_id=stream.last_id) as stream:
        second_half = await stream.until("task_complete", task_id=new)

    seen = events_of(first_half + second_half)
    assert _without_ids(seen) == _without_ids(await client.events(new))


async def test_tasks_made_while_nobody_watched_are_all_shown(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    async with client.stream(agent.stream) as stream:
        cursor = str((await stream.take(1))[0].data["cursor"])
    tasks = [
        await agent.submit(f"echo {number}", session_id=f"{session_id}-{number}")
        for number in range(10)
    ]
    for task_id in tasks:
        await client.events(task_id)

    async with client.stream(agent.stream, last_event_id=cursor) as stream:
        await stream.take(1)
        seen: list[Frame] = []
        while len(_ended(seen)) < len(tasks):
            seen += await stream.take(1)

    for task_id in tasks:
        assert _of_task(seen, task_id) == _without_ids(await client.events(task_id))
    assert len(seen) == sum([len(await client.events(task_id)) for task_id in tasks])


async def test_a_cursor_over_more_sessions_than_fit_into_it_is_as_exact(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    async with client.stream(agent.stream) as stream:
        cursor = str((await stream.take(1))[0].data["cursor"])
    tasks = [
        await agent.submit("true", session_id=f"{session_id}-{number}") for number in range(170)
    ]

    seen = await _read_with_cuts(agent, cursor, tasks=len(tasks), every=150)

    for task_id in tasks:
        assert _of_task(seen, task_id) == _without_ids(await client.events(task_id))
    assert {frame.data["task_id"] for frame in seen} == set(tasks)


@pytest.mark.parametrize(
    "cursor",
    [
        "m.0.ffffffffffffffff-1-00000000",
        "m.ffffffffffffffff",
        "m.8c0b2f7ac0000",
        "m.0.1-8" + "0" * 15,
    ],
)
async def test_a_cursor_that_was_never_issued_is_refused(client: Client, cursor: str) -> None:
    answer = await client.request("GET", f"/api/v1/agents/shell/stream?after={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_the_stream_shows_one_agent_only(
    client: Client, agent: OwnAgent, session_id: str
) -> None:
    async with client.stream(agent.stream) as stream:
        await stream.take(1)
        await client.events(await client.submit("echo hidden", session_id=session_id))
        task_id = await agent.submit("echo shown", session_id=session_id)
        seen = await stream.until("task_complete", task_id=task_id)

    assert {frame.data["agent"] for frame in seen} == {agent.name}
    assert _without_ids(seen) == _without_ids(await client.events(task_id))


async def _read_with_cuts(agent: OwnAgent, cursor: str, *, tasks: int, every: int) -> list[Frame]:
    """The events up to the ends of so many tasks, over a connection for each few of them."""
    seen: list[Frame] = []
    while len(_ended(seen)) < tasks:
        async with agent.client.stream(agent.stream, last_event_id=cursor) as stream:
            await stream.take(1)
            for _ in range(every):
                if len(_ended(seen)) < tasks:
                    seen += await stream.take(1)
            cursor = str(stream.last_id)
            assert len(cursor) <= 2048
    return seen


def _ended(frames: list[Frame]) -> set[object]:
    return {frame.data["task_id"] for frame in frames if frame.event in ENDS}


def _of_task(frames: list[Frame], task_id: str) -> list[Frame]:
    return _without_ids([frame for frame in frames if frame.data.get("task_id") == task_id])


def _without_ids(frames: list[Frame]) -> list[Frame]:
    """The same events carry other ids on streams of other kinds."""
    return [Frame(event=frame.event, data=frame.data) for frame in frames]
