"""A server that dies while a task of its agent rests, or is about to."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.client import Client, client_of, ends_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import Answer, AskedCall, Reply
from tests.model_server import model_server

PROFILE = '[agents.durable]\nkind = "react"\non_lost = "requeue"\n'


def stepping(body: Json) -> Reply:
    """One call, that lasts until a file is there, and then the answer."""
    messages = body["messages"]
    assert isinstance(messages, list)
    if messages[-1]["role"] == "tool":
        return Answer(text=("Done.",))
    command = "echo ready; until test -e go; do sleep 0.05; done"
    return Answer(
        calls=(AskedCall(tool_name="shell", arguments=json.dumps({"command": command})),)
    )


@pytest.mark.parametrize(
    ("agent", "end"),
    [
        pytest.param("durable", RunningServer.kill, id="kill"),
        pytest.param("durable", RunningServer.stop, id="stop"),
        pytest.param("react", RunningServer.stop, id="stop-by-default"),
    ],
)
async def test_a_task_that_rested_rests_again_until_it_may_go_on(
    tmp_path: Path, agent: str, end: Callable[[RunningServer], None]
) -> None:
    async with resting(tmp_path, agent) as (client, task_id):
        end(client.server)
        client.server.start()
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("task_paused")
            seen = await stream.until("task_paused")
        status = (await client.get(f"/api/v1/tasks/{task_id}"))["status"]
        code = await asked(client, task_id, "resume")
        events = await client.events(task_id)

    assert (status, code) == ("paused", 202)
    assert [frame.event for frame in seen] == ["task_started", "task_paused"]
    assert ends_of(events) == ["task_complete"]
    assert pauses_of(events) == ["task_paused", "task_paused", "task_resumed"]
    assert iterations(events) == [1, 2]


async def test_a_default_task_that_works_is_interrupted_by_a_stop(tmp_path: Path) -> None:
    async with calling(tmp_path, "react") as (client, task_id):
        client.server.stop()
        client.server.start()
        events = await client.events(task_id)

    assert ends_of(events) == ["task_interrupted"]
    assert events[-1].data["reason"] == "shutdown"


async def test_a_pause_that_had_not_started_is_kept_as_well(tmp_path: Path) -> None:
    async with calling(tmp_path) as (client, task_id):
        code = await asked(client, task_id, "pause")
        client.server.kill()
        client.server.start()
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("task_paused")
        await asked(client, task_id, "resume")
        events = await client.events(task_id)

    assert code == 202
    assert ends_of(events) == ["task_complete"]
    assert pauses_of(events) == ["task_paused", "task_resumed"]


@asynccontextmanager
async def calling(folder: Path, agent: str = "durable") -> AsyncIterator[tuple[Client, str]]:
    """A task in the middle of its call."""
    workspace = folder / "workspace"
    workspace.mkdir()
    config = folder / "agents.toml"
    config.write_text(PROFILE)
    async with model_server(stepping) as model:
        settings = {
            "OPENAI_BASE_URL": model.base_url,
            "AGENTCAST_CONFIG": str(config),
            "AGENTCAST_WORKSPACE": str(workspace),
        }
        with running_server(folder / "data", **settings) as server:
            async with client_of(server) as client:
                task_id = await client.submit("Wait", session_id="one", agent=agent)
                async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                    await stream.until("tool_call_stream", chunk="ready\n")
                yield client, task_id


@asynccontextmanager
async def resting(folder: Path, agent: str) -> AsyncIterator[tuple[Client, str]]:
    async with calling(folder, agent) as (client, task_id):
        await asked(client, task_id, "pause")
        (folder / "workspace" / "go").touch()
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("task_paused")
        yield client, task_id


async def asked(client: Client, task_id: str, what: str) -> int:
    return (await client.request("POST", f"/api/v1/tasks/{task_id}/{what}")).status_code


def pauses_of(events: list[Frame]) -> list[str]:
    return [frame.event for frame in events if frame.event in ("task_paused", "task_resumed")]


def iterations(events: list[Frame]) -> list[object]:
    return [one.data["iteration"] for one in events if one.event == "iteration_start"]
