"""Events and commands over a WebSocket of a real server."""

import re

from tests.e2e.client import Client
from tests.e2e.ws_client import events_in, last_cursor, ws_client

ASKING = 'script:\ntool ask_user {"question": "Which?"}\nanswer You said {result}\n'
TALKING = "for i in $(seq 300); do echo $i; done"


async def test_a_watch_has_the_same_events_as_a_stream(client: Client, session_id: str) -> None:
    task_id = await client.submit("echo hello", session_id=session_id)
    frames = await client.events(task_id)

    async with ws_client(client.server) as ws:
        await ws.send(type="watch", task_id=task_id)
        received = await ws.to_end()

    assert [message["type"] for message in received[:1] + received[-1:]] == ["connected", "end"]
    assert events_in(received) == [frame.data for frame in frames]
    assert [m["cursor"] for m in received if m["type"] == "event"] == [
        frame.id for frame in frames
    ]


async def test_a_task_is_submitted_and_watched_in_one_connection(
    client: Client, session_id: str
) -> None:
    measured = await _deliveries(client)
    async with ws_client(client.server, path="/api/ws") as ws:
        await ws.send(type="watch", id="mine", session_id=session_id)
        answer = await ws.asked(
            type="submit", id="one", task="echo hi", session_id=session_id, agent="shell"
        )
        received = await ws.until(
            lambda m: m["type"] == "event" and _of(m, "event_type") == "task_complete"
        )
        task_id = _of(answer, "task_id", within="body")

    assert await _deliveries(client) > measured
    assert (answer["id"], answer["status"]) == ("one", 202)
    frames = await client.events(str(task_id))
    assert events_in(ws.seen) == [frame.data for frame in frames]
    assert {m["watch"] for m in received if "watch" in m} == {"mine"}


async def test_a_model_is_refused_as_over_http_by_an_agent_that_asks_none(
    client: Client, session_id: str
) -> None:
    body = {"task": "true", "session_id": session_id, "agent": "shell", "model": "m"}
    refused = await client.request("POST", "/api/v1/tasks", json=body)
    async with ws_client(client.server) as ws:
        answer = await ws.asked(type="submit", id="one", **body)

    assert (refused.status_code, answer["status"]) == (422, 422)
    assert answer["errors"] == refused.json()["errors"]
    assert refused.json()["errors"][0]["field"] == "model"


async def test_a_cut_connection_goes_on_exactly_from_its_cursor(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(TALKING, session_id=session_id)
    whole = [frame.data for frame in await client.events(task_id)]
    seen: list[object] = []
    cursor: dict[str, object] = {}

    while len(seen) < len(whole):
        async with ws_client(client.server) as ws:
            await ws.send(type="watch", task_id=[task_id], **cursor)
            while len(events_in(ws.seen)) < min(50, len(whole) - len(seen)):
                await ws.next()
            ws.cut()
            seen += events_in(ws.seen)
            cursor = {"after": last_cursor(ws.seen)}

    assert seen == whole


async def test_what_is_over_and_read_ends_at_once(client: Client, session_id: str) -> None:
    task_id = await client.submit("true", session_id=session_id)
    last = (await client.events(task_id))[-1]

    async with ws_client(client.server) as ws:
        await ws.send(type="watch", id="w", task_id=task_id, after=last.id)
        received = await ws.to_end("w")

    assert received == [{"type": "end", "watch": "w", "reason": "task_finished"}]


async def test_several_watches_share_a_connection(client: Client, session_id: str) -> None:
    names = [f"{session_id}-{letter}" for letter in "abc"]
    tasks = {name: await client.submit(TALKING, session_id=name) for name in names}

    async with ws_client(client.server) as ws:
        for name in names:
            await ws.send(type="watch", id=name, task_id=tasks[name])
        for name in names:
            if not any(m["type"] == "end" and m["watch"] == name for m in ws.seen):
                await ws.to_end(name)

    for name in names:
        received = [message for message in ws.seen if message["watch"] == name]
        frames = await client.events(tasks[name])
        assert events_in(received) == [frame.data for frame in frames]


async def test_filters_hold_and_never_strand_the_cursor(client: Client, session_id: str) -> None:
    task_id = await client.submit(TALKING, session_id=session_id)
    frames = await client.events(task_id)

    async with ws_client(client.server) as ws:
        await ws.send(type="watch", task_id=task_id, types=["log"], deltas=False)
        received = await ws.to_end()

    wanted = [frame.data for frame in frames if frame.event == "log"]
    assert events_in(received) == wanted
    assert "cursor" in {message["type"] for message in received}
    assert last_cursor(received) == frames[-1].id


async def test_after_unwatch_nothing_of_the_watch_comes(client: Client, session_id: str) -> None:
    async with ws_client(client.server) as ws:
        await ws.send(type="watch", id="w", session_id=session_id)
        await ws.next()
        await ws.send(type="unwatch", id="w")
        assert await ws.next() == {"type": "unwatched", "watch": "w"}
        task_id = await client.submit("echo unseen", session_id=session_id)
        await client.events(task_id)
        answer = await ws.asked(type="cancel", id="c", task_id=task_id)

    assert answer["status"] == 200
    assert events_in(ws.seen) == []


async def test_a_running_task_is_cancelled(client: Client, session_id: str) -> None:
    task_id = await client.submit("sleep 60", session_id=session_id)

    async with ws_client(client.server) as ws:
        answer = await ws.asked(type="cancel", task_id=task_id, mode="kill")
    task = await client.finished(task_id)

    assert (answer["type"], answer["status"], task["status"]) == ("result", 202, "cancelled")


async def test_a_task_is_paused_answered_and_resumed(client: Client, session_id: str) -> None:
    task_id = await client.submit(ASKING, session_id=session_id, agent="react")

    async with ws_client(client.server) as ws:
        await ws.send(type="watch", task_id=task_id)
        await ws.until(lambda m: _type(m) == "input_required")
        paused = await ws.asked(type="pause", task_id=task_id)
        answered = await ws.asked(type="input", task_id=task_id, kind="message", data="left")
        if "task_paused" not in map(_type, ws.seen):
            await ws.until(lambda m: _type(m) == "task_paused")
        resting = await client.get(f"/api/v1/tasks/{task_id}")
        resumed = await ws.asked(type="resume", task_id=task_id)
        if "end" not in {message["type"] for message in ws.seen}:
            await ws.to_end()
        again = await ws.asked(type="resume", task_id=task_id)

    assert [one["status"] for one in (paused, answered, resumed, again)] == [202, 202, 202, 409]
    links = resting["links"]
    assert isinstance(links, dict)
    assert (resting["status"], links["resume"]) == ("paused", f"/api/v1/tasks/{task_id}/resume")
    last = [message for message in ws.seen if message["type"] == "event"][-1]
    assert _of(last, "final_answer") == "You said left"


async def test_a_retried_task_is_a_new_one(client: Client, session_id: str) -> None:
    task_id = await client.submit("true", session_id=session_id)
    await client.events(task_id)

    async with ws_client(client.server) as ws:
        answer = await ws.asked(type="retry", task_id=task_id)

    assert _of(answer, "retry_of", within="body") == task_id


async def test_a_task_may_end_with_the_connection_that_submitted_it(
    client: Client, session_id: str
) -> None:
    async with ws_client(client.server) as ws:
        answer = await ws.asked(
            type="submit",
            task="sleep 60",
            session_id=session_id,
            agent="shell",
            on_disconnect="cancel",
        )
    task = await client.finished(str(_of(answer, "task_id", within="body")))

    assert (task["status"], task["reason"]) == ("cancelled", "disconnect")


def _type(message: dict[str, object]) -> object:
    return _of(message, "event_type") if message["type"] == "event" else None


def _of(message: dict[str, object], name: str, *, within: str = "event") -> object:
    inner = message[within]
    assert isinstance(inner, dict)
    return inner[name]


async def _deliveries(client: Client) -> float:
    """How many writes to clients the server has measured."""
    page = await client.request("GET", "/metrics")
    [count] = re.findall(r"^agentcast_delivery_seconds_count (.+)$", page.text, re.MULTILINE)
    return float(count)
