"""Agents that are added to a running server, and how it lists them."""

from pathlib import Path

import anyio

from tests.e2e.client import Client, client_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Json
from tests.patience import PATIENCE_S

FAILING = "/api/v1/agents/failing"
COMMAND = {
    "argv": ["sh", "-c", "echo $GREETING; exit 3"],
    "hand_over": "none",
    "pty": False,
    "env": {"GREETING": "hello"},
}


async def test_an_agent_that_was_added_carries_out_tasks_and_shows_their_outcomes(
    client: Client, session_id: str
) -> None:
    added = await client.request("PUT", FAILING, json=COMMAND)
    task_id = await client.submit("x", session_id=session_id, agent="failing")
    frames = await client.events(task_id)
    agent = await client.get(FAILING)
    removed = await client.request("DELETE", FAILING)
    refused = await client.request("POST", "/api/v1/tasks", json={"task": "x", "agent": "failing"})

    assert (added.status_code, removed.status_code, refused.status_code) == (201, 204, 422)
    assert [frame.data["line"] for frame in frames if frame.event == "log"] == ["hello"]
    last: Json = agent["last_exit"]  # type: ignore[assignment]
    assert (last["task_id"], last["status"], last["exit_code"]) == (task_id, "failed", 3)
    assert agent["totals"] == {"completed": 0, "failed": 1, "cancelled": 0, "interrupted": 0}
    assert (agent["status"], agent["live_tasks"], agent["installed"]) == ("idle", 0, True)


async def test_an_agent_is_known_to_every_node_of_one_database(
    tmp_path: Path, database_url: str, session_id: str
) -> None:
    with (
        running_server(tmp_path / "one", AGENTCAST_DATABASE_URL=database_url) as first,
        running_server(tmp_path / "two", AGENTCAST_DATABASE_URL=database_url) as second,
    ):
        async with client_of(first) as one, client_of(second) as other:
            await one.request("PUT", FAILING, json=COMMAND)
            task_id = await other.submit("x", session_id=session_id, agent="failing")
            task = await other.finished(task_id)
            await one.request("PUT", FAILING, json={**COMMAND, "description": "changed"})
            with anyio.fail_after(PATIENCE_S):
                while (await other.get(FAILING)).get("description") != "changed":
                    pass

    assert task["status"] == "failed"
