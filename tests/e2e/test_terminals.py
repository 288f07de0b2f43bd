"""Live terminals: their screens, and input to them."""

import anyio
import httpx2
import pytest

from tests.e2e.client import Client, types_of
from tests.e2e.sse_reader import Json
from tests.patience import PATIENCE_S

DRAWING = r"""printf '\033[2J\033[3;5Hhello\033[6n\033[1;1H'; echo ready; read line; printf "\033[4;5Hgot $line"; echo; sleep 600"""
TYPED = {"kind": "command", "argv": ["/bin/sh", "-c", "{task}"], "keeps_stdin": True}


@pytest.fixture
async def agent(client: Client) -> str:
    """One that can be typed to."""
    answer = await client.request("PUT", "/api/v1/agents/typist", json=TYPED)
    assert answer.status_code in (200, 201), answer.text
    return "typist"


async def test_a_screen_can_be_seen_and_typed_to(
    client: Client, session_id: str, agent: str
) -> None:
    task_id = await ready(client, DRAWING, session_id, agent)
    before = await client.request("GET", f"/api/v1/tasks/{task_id}/screen")

    given = await typed(client, task_id, kind="message", data="it")
    after = await shows(client, task_id, "got it")

    assert before.headers["content-type"] == "text/plain; charset=utf-8"
    assert before.text == "ready\n\n    hello\n"
    assert (given.status_code, given.json()) == (202, {"task_id": task_id, "kind": "message"})
    assert lines_of(after)[2:4] == ["    hello", "    got it"]
    assert (after["rows"], after["columns"]) == (40, 120)
    await killed(client, task_id)
    kept = await client.get(f"/api/v1/tasks/{task_id}/screen", accept="application/json")
    assert lines_of(kept)[3] == "    got it"
    [received] = [
        frame for frame in await client.events(task_id) if frame.event == "input_received"
    ]
    assert (received.data["kind"], received.data["by"]) == ("message", "local")


async def test_a_screen_is_streamed_until_the_process_has_ended(
    client: Client, session_id: str, agent: str
) -> None:
    script = "echo ready; read line; echo again; read line"
    task_id = await ready(client, script, session_id, agent)

    async with client.stream(f"/api/v1/tasks/{task_id}/screen") as stream:
        first = await stream.until("screen")
        await typed(client, task_id, kind="message", data="x")
        await shows(client, task_id, "again")
        await typed(client, task_id, kind="keys", data=["y", "enter"])
        frames = [*first, *await stream.to_end()]

    assert set(types_of(frames)) == {"screen", "end"}
    assert (frames[-1].event, frames[-1].data) == ("end", {"reason": "task_finished"})
    assert lines_of(frames[-2].data)[:4] == ["ready", "x", "again", "y"]
    assert {frame.id for frame in frames} == {None}


async def test_a_terminal_gets_another_size(client: Client, session_id: str, agent: str) -> None:
    script = "trap 'stty size' WINCH; echo ready; while read line; do stty size; done"
    task_id = await ready(client, script, session_id, agent)

    resized = await typed(client, task_id, kind="resize", data={"rows": 30, "columns": 70})
    await typed(client, task_id, kind="keys", data="enter")
    view = await shows(client, task_id, "30 70")

    assert resized.status_code == 202
    assert (view["rows"], view["columns"]) == (30, 70)
    await typed(client, task_id, kind="eof")
    assert (await client.finished(task_id))["status"] == "completed"


@pytest.mark.parametrize(
    "given", [{"kind": "keys", "data": "ctrl-c"}, {"kind": "signal", "data": "INT"}]
)
async def test_what_runs_in_the_foreground_is_interrupted(
    client: Client, session_id: str, agent: str, given: Json
) -> None:
    task_id = await ready(client, "echo ready; exec sleep 600", session_id, agent)

    await typed(client, task_id, **given)

    task = await client.finished(task_id)
    assert (task["status"], task["result"]) == ("failed", {"exit_code": 130})


async def test_a_closed_input_takes_signals_only(client: Client, session_id: str) -> None:
    task_id = await ready(client, "echo ready; exec sleep 600", session_id, "shell")

    refused = await typed(client, task_id, kind="message", data="x")
    signalled = await typed(client, task_id, kind="signal", data="TERM")

    assert (refused.status_code, refused.json()["code"]) == (409, "state_conflict")
    assert "keeps_stdin" in refused.json()["detail"]
    assert signalled.status_code == 202
    assert (await client.finished(task_id))["result"] == {"exit_code": 143}
    after = await typed(client, task_id, kind="signal", data="TERM")
    assert (after.status_code, "has ended" in after.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"kind": "message", "data": "x" * 65_537}, 413),
        ({"kind": "message"}, 422),
        ({"kind": "message", "data": 5}, 422),
        ({"kind": "keys", "data": []}, 422),
        ({"kind": "keys", "data": "ctrl-foo"}, 422),
        ({"kind": "eof", "data": "x"}, 422),
        ({"kind": "signal", "data": "KILL"}, 422),
        ({"kind": "resize", "data": {"rows": 0, "columns": 80}}, 422),
        ({"kind": "resize", "data": {"rows": 24, "columns": 1001}}, 422),
        ({"kind": "beep"}, 422),
        ({}, 422),
    ],
)
async def test_bad_input_is_refused(
    client: Client, session_id: str, agent: str, given: Json, status: int
) -> None:
    task_id = await ready(client, "echo ready; read line", session_id, agent)

    answer = await typed(client, task_id, **given)

    assert answer.status_code == status, answer.text
    await killed(client, task_id)


async def test_an_unknown_task_has_no_terminal(client: Client) -> None:
    screen = await client.request("GET", "/api/v1/tasks/nothing/screen")
    given = await typed(client, "nothing", kind="eof")

    assert (screen.status_code, given.status_code) == (404, 404)


async def ready(client: Client, script: str, session_id: str, agent: str) -> str:
    """The id of a task whose process has printed that it is ready."""
    task_id = await client.submit(script, session_id=session_id, agent=agent)
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        while "ready" not in str((await stream.until("log"))[-1].data["line"]):
            pass
    return task_id


async def typed(client: Client, task_id: str, **given: object) -> httpx2.Response:
    return await client.request("POST", f"/api/v1/tasks/{task_id}/input", json=given)


async def shows(client: Client, task_id: str, text: str) -> Json:
    """The screen, once it shows that text."""
    with anyio.fail_after(PATIENCE_S):
        async with client.stream(f"/api/v1/tasks/{task_id}/screen") as stream:
            while True:
                view = (await stream.until("screen"))[-1].data
                if any(text in line for line in lines_of(view)):
                    return view


def lines_of(view: Json) -> list[str]:
    lines = view["lines"]
    assert isinstance(lines, list)
    return lines


async def killed(client: Client, task_id: str) -> None:
    await client.request("POST", f"/api/v1/tasks/{task_id}/cancel", json={"mode": "kill"})
    await client.finished(task_id)
