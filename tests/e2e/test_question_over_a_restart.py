"""A server that dies between the question of its agent and a person's words."""

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


def until_it_knows(body: Json) -> Reply:
    """Asks as long as nobody has answered."""
    messages = body["messages"]
    assert isinstance(messages, list)
    result = str(messages[-1]["content"]) if messages[-1]["role"] == "tool" else "Error: "
    if not result.startswith("Error: "):
        return Answer(text=(f"It is {result}.",))
    question = json.dumps({"question": "Which colour?"})
    return Answer(calls=(AskedCall(tool_name="ask_user", arguments=question),))


@pytest.mark.parametrize(
    ("agent", "end"),
    [
        pytest.param("durable", RunningServer.kill, id="kill"),
        pytest.param("durable", RunningServer.stop, id="stop"),
        pytest.param("react", RunningServer.stop, id="stop-by-default"),
    ],
)
async def test_a_question_that_nobody_answered_waits_again(
    tmp_path: Path, agent: str, end: Callable[[RunningServer], None]
) -> None:
    async with served(tmp_path) as settings:
        with running_server(tmp_path / "data", **settings) as server:
            async with client_of(server) as client:
                task_id = await asked(client, agent)
                end(server)
                server.start()
                async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                    await stream.until("input_required")
                    await stream.until("input_required")
                status = (await client.get(f"/api/v1/tasks/{task_id}"))["status"]
                codes = [await answer_status(client, task_id, word) for word in ("blue", "red")]
                events = await client.events(task_id)

    assert (status, codes) == ("waiting", [202, 409])
    assert ends_of(events) == ["task_complete"]
    assert events[-1].data["final_answer"] == "It is blue."
    assert len(values(events, "tool_call_start", "call_id")) == 1
    assert values(events, "tool_call_complete", "status") == ["ok"]
    assert values(events, "iteration_complete", "tool_calls") == [1, 0]


async def test_a_default_task_that_waits_is_interrupted_by_a_crash(tmp_path: Path) -> None:
    async with served(tmp_path) as settings:
        with running_server(tmp_path / "data", **settings) as server:
            async with client_of(server) as client:
                task_id = await asked(client, "react")
                server.kill()
                server.start()
                events = await client.events(task_id)
                code = await answer_status(client, task_id, "blue")

    assert (ends_of(events), code) == (["task_interrupted"], 409)


async def test_an_answer_that_came_while_the_run_was_dead_is_not_asked_for_again(
    tmp_path: Path, database_url: str
) -> None:
    async with served(tmp_path) as settings:
        settings |= {
            "AGENTCAST_DATABASE_URL": database_url,
            "AGENTCAST_LEASE_S": "3",
            "AGENTCAST_HEARTBEAT_S": "1",
        }
        with running_server(tmp_path / "one", **settings) as one:
            async with client_of(one) as client:
                task_id = await asked(client)
            with running_server(tmp_path / "two", **settings) as two:
                one.kill()
                async with client_of(two) as client:
                    code = await answer_status(client, task_id, "blue")
                    events = await client.events(task_id)

    assert code == 202
    assert ends_of(events) == ["task_complete"]
    assert events[-1].data["final_answer"] == "It is blue."
    assert values(events, "input_required", "prompt") == ["Which colour?"]
    assert values(events, "input_received", "by") == ["local"]
    assert values(events, "tool_call_complete", "status") == ["ok"]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[dict[str, str]]:
    config = folder / "agents.toml"
    config.write_text(PROFILE)
    async with model_server(until_it_knows) as model:
        yield {"OPENAI_BASE_URL": model.base_url, "AGENTCAST_CONFIG": str(config)}


async def asked(client: Client, agent: str = "durable") -> str:
    """The task that waits for an answer."""
    task_id = await client.submit("Paint it", session_id="one", agent=agent)
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("input_required")
    return task_id


async def answer_status(client: Client, task_id: str, text: str) -> int:
    body = {"kind": "message", "data": text}
    answer = await client.request("POST", f"/api/v1/tasks/{task_id}/input", json=body)
    return answer.status_code


def values(events: list[Frame], event: str, name: str) -> list[object]:
    return [frame.data[name] for frame in events if frame.event == event]
