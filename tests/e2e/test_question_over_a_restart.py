"""A server that dies between the question of its agent and a person's words."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.client import Client, client_of, ends_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import Answer, AskedCall, Reply
from tests.model_server import model_server

PROFILE = '[agents.durable]\nkind = "react"\non_lost = "requeue"\n'


def until_it_knows(body: Json) -> Reply:
    """Asks as long as nobody has answered."""
    messages = body["messages"]
    assert isinstance(messages, list)
    told = str(messages[-1]["content"]) if messages[-1]["role"] == "tool" else "Error: "
    if not told.startswith("Error: "):
        return Answer(text=(f"It is {told}.",))
    question = json.dumps({"question": "Which colour?"})
    return Answer(calls=(AskedCall(tool_name="ask_user", arguments=question),))


async def test_a_question_that_nobody_answered_is_asked_again(tmp_path: Path) -> None:
    async with served(tmp_path) as settings:
        with running_server(tmp_path / "data", **settings) as server:
            async with client_of(server) as client:
                task_id = await asked(client)
                server.kill()
                server.start()
                async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                    await stream.until("input_required")
                    await stream.until("input_required")
                codes = [await said(client, task_id, word) for word in ("blue", "red")]
                events = await client.events(task_id)

    assert codes == [202, 409]
    assert ends_of(events) == ["task_complete"]
    assert events[-1].data["final_answer"] == "It is blue."
    assert values(events, "tool_call_complete", "status") == ["error", "ok"]


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
                    code = await said(client, task_id, "blue")
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


async def asked(client: Client) -> str:
    """The task that waits for an answer."""
    task_id = await client.submit("Paint it", session_id="one", agent="durable")
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("input_required")
    return task_id


async def said(client: Client, task_id: str, text: str) -> int:
    body = {"kind": "message", "data": text}
    answer = await client.request("POST", f"/api/v1/tasks/{task_id}/input", json=body)
    return answer.status_code


def values(events: list[Frame], event: str, name: str) -> list[object]:
    return [frame.data[name] for frame in events if frame.event == event]
