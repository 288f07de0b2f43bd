"""A server that dies between the question of its agent and the answer of a person."""

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

PROFILES = """
[agents.durable]
kind = "react"
on_lost = "requeue"
approvals = { shell = "ask" }
[agents.plain]
kind = "react"
approvals = { shell = "ask" }
"""
CALL = AskedCall(tool_name="shell", arguments=json.dumps({"command": "echo made >> made.txt"}))


def until_it_is_made(body: Json) -> Reply:
    """Asks for the call again as long as it was certainly not carried out."""
    if tool_result(body) and (
        not tool_result(body).startswith("Error: ") or "may have had" in tool_result(body)
    ):
        return Answer(text=("Done.",))
    return Answer(calls=(CALL,))


def tool_result(body: Json) -> str:
    """What came of the last call."""
    messages = body["messages"]
    assert isinstance(messages, list)
    return str(messages[-1]["content"]) if messages[-1]["role"] == "tool" else ""


@pytest.mark.parametrize(
    ("agent", "end"),
    [
        pytest.param("durable", RunningServer.kill, id="kill"),
        pytest.param("durable", RunningServer.stop, id="stop"),
        pytest.param("plain", RunningServer.stop, id="stop-by-default"),
    ],
)
async def test_a_question_is_answered_after_a_restart_and_its_call_is_made_once(
    tmp_path: Path, agent: str, end: Callable[[RunningServer], None]
) -> None:
    async with served(tmp_path) as client:
        task_id, question = await asked(client, agent)
        end(client.server)
        client.server.start()
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("approval_required")
            again = (await stream.until("approval_required"))[-1]
            status = (await client.get(f"/api/v1/tasks/{task_id}"))["status"]
            codes = [await answered(client, question) for _ in range(2)]
        events = await client.events(task_id)
        made = await client.events(await client.submit("cat made.txt", session_id="one"))

    assert again.data["approval_id"] == question.data["approval_id"]
    assert (status, codes) == ("waiting", [200, 409])
    assert ends_of(events) == ["task_complete"]
    assert [one.data["line"] for one in made if one.event == "log"] == ["made"]
    assert values(events, "tool_call_start", "call_id") == [question.data["call_id"]]
    assert values(events, "tool_call_complete", "status") == ["ok"]
    assert values(events, "approval_resolved", "decision") == ["approved"]
    assert len(values(events, "iteration_start", "iteration")) == 2
    assert values(events, "iteration_complete", "tool_calls") == [1, 0]


async def test_the_question_of_a_task_that_does_not_go_on_is_gone(tmp_path: Path) -> None:
    async with served(tmp_path) as client:
        task_id, question = await asked(client, "plain")
        client.server.kill()
        client.server.start()
        events = await client.events(task_id)
        code = await answered(client, question)

    assert code == 410
    assert ends_of(events) == ["task_interrupted"]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Client]:
    config = folder / "agents.toml"
    config.write_text(PROFILES)
    async with model_server(until_it_is_made) as model:
        settings = {"OPENAI_BASE_URL": model.base_url, "AGENTCAST_CONFIG": str(config)}
        with running_server(folder / "data", **settings) as server:
            async with client_of(server) as client:
                yield client


async def asked(client: Client, agent: str) -> tuple[str, Frame]:
    task_id = await client.submit("Make it", session_id="one", agent=agent)
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        return task_id, (await stream.until("approval_required"))[-1]


async def answered(client: Client, question: Frame) -> int:
    path = f"/api/v1/approvals/{question.data['approval_id']}"
    return (await client.request("POST", path, json={"decision": "approve"})).status_code


def values(events: list[Frame], event: str, name: str) -> list[object]:
    return [frame.data[name] for frame in events if frame.event == event]
