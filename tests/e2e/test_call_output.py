"""The whole output of one call: from a real server, after its crash, and in a browser."""

from pathlib import Path

import anyio
import pytest

from tests.e2e.browser import browser
from tests.e2e.client import Client, client_of
from tests.e2e.running_server import running_server
from tests.patience import PATIENCE_S

NUMBERS = "".join(f"{number}\n" for number in range(1, 20_001))
LASTING = """script:
tool shell {"command": "exec >&2; seq 20000; echo done; sleep 600"}
say Once more.
tool shell {"command": "echo again"}
answer {result}
"""


async def test_a_result_that_was_cut_leads_to_all_of_it(client: Client, session_id: str) -> None:
    task_id = await client.submit("Run `seq 20000`", session_id=session_id, agent="react")
    [complete] = [
        frame.data for frame in await client.events(task_id) if frame.event == "tool_call_complete"
    ]
    head = await client.request("HEAD", str(complete["output_url"]))
    whole = await client.request("GET", str(complete["output_url"]))
    log = await client.request("GET", f"/api/v1/tasks/{task_id}/log")

    assert complete["truncated"] is True
    assert whole.text == NUMBERS
    assert (head.headers["content-length"], head.content) == (str(len(NUMBERS)), b"")
    assert log.text == f"==> shell {complete['call_id']} <==\n{NUMBERS}"


@pytest.mark.load
async def test_what_a_call_gave_outlives_the_server_and_the_next_attempt(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            lasting = {"kind": "react", "on_lost": "requeue", "max_attempts": 2}
            await client.request("PUT", "/api/v1/agents/lasting", json=lasting)
            task_id = await client.submit(LASTING, session_id="s", agent="lasting")
            async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                await stream.until("tool_call_stream", stream="stderr")
            await kept(client, task_id, "done\n")
            server.kill()
            server.start()
        async with client_of(server) as client:
            with anyio.fail_after(PATIENCE_S):
                ended = await client.finished(task_id)
            first, second = [
                str(frame.data["call_id"])
                for frame in await client.events(task_id)
                if frame.event == "tool_call_complete"
            ]
            outputs = [
                (await client.request("GET", f"/api/v1/tasks/{task_id}/calls/{each}/output")).text
                for each in (first, second)
            ]
            log = await client.request("GET", f"/api/v1/tasks/{task_id}/log")

    assert (ended["status"], ended["attempt"]) == ("completed", 2)
    assert outputs == [f"{NUMBERS}done\n", "again\n"]
    assert log.text == (f"==> shell {first} <==\n{NUMBERS}done\n==> shell {second} <==\nagain\n")


@pytest.mark.load
async def test_the_page_leads_to_all_of_a_result_that_was_cut(tmp_path: Path) -> None:
    async with browser() as chromium:
        with running_server(tmp_path / "data") as server:
            page = await chromium.page(f"{server.base_url}#s")
            await page.until("document.getElementById('connection')?.dataset.state === 'live'")
            async with client_of(server) as client:
                await client.submit("Run `seq 20000`", session_id="s", agent="react")
                await page.until("document.querySelector('#events li.done')")
                link = await page.value("document.querySelector('#events li.tool a').href")
                whole = await client.request("GET", str(link).removeprefix(server.base_url))

    assert whole.text == NUMBERS


async def kept(client: Client, task_id: str, end: str) -> None:
    """Until a reader of the log has seen this much, which puts it on the disk."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            log = await client.request("GET", f"/api/v1/tasks/{task_id}/log")
            if log.text.endswith(end):
                return
