"""An agent whose server ends in the middle of a task, and which goes on where it was."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.client import Client, client_of, ends_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import Answer, AskedCall, Reply, Stall
from tests.model_server import model_server

STEPS = 4
PROFILE = '[agents.durable]\nkind = "react"\non_lost = "requeue"\n'


class StepModel:
    """Knows only from the conversation at which step it is; then it adds a line to a file."""

    def __init__(self, *, stalls_at: int | None = None, hangs_at: int | None = None) -> None:
        self._stalls_at = stalls_at
        self._hangs_at = hangs_at
        self.asked: list[Json] = []

    def __call__(self, body: Json) -> Reply:
        self.asked.append(body)
        messages = body["messages"]
        assert isinstance(messages, list)
        step = 1 + sum(message["role"] == "assistant" for message in messages)
        if step == self._stalls_at:
            self._stalls_at = None
            return Stall(text=("I am ",))
        if step > STEPS:
            return Answer(text=("All steps ", "are done."))
        command = f"echo {step} >> steps.txt"
        if step == self._hangs_at:
            command += "; echo ready; sleep 600"
        call = AskedCall(
            tool_name="shell", arguments=json.dumps({"command": command}), call_id="same"
        )
        return Answer(text=(f"Step {step}.",), calls=(call,))


@asynccontextmanager
async def served(model: StepModel, folder: Path) -> AsyncIterator[Client]:
    config = folder / "agents.toml"
    config.write_text(PROFILE)
    async with model_server(model) as at:
        settings = {"OPENAI_BASE_URL": at.base_url, "AGENTCAST_CONFIG": str(config)}
        with running_server(folder / "data", **settings) as server:
            async with client_of(server) as client:
                yield client


@pytest.mark.parametrize("end", [RunningServer.kill, RunningServer.stop], ids=["kill", "stop"])
async def test_a_task_lost_in_mid_thought_ends_as_if_nothing_had_happened(
    tmp_path: Path, end: Callable[[RunningServer], None]
) -> None:
    async with served(StepModel(stalls_at=3), tmp_path) as client:
        task_id = await client.submit("Do the steps", session_id="one", agent="durable")
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("message_delta", text="I am ")
            end(client.server)
            client.server.start()
        events = await client.events(task_id)
        messages = await conversation_of(client, "one")
        lines = await steps_of(client, "one")
        await client.events(await client.submit("Do", session_id="two", agent="durable"))
        undisturbed = await conversation_of(client, "two")

    assert ends_of(events) == ["task_complete"]
    assert [frame.data["seq"] for frame in events] == list(range(1, len(events) + 1))
    assert lines == ["1", "2", "3", "4"]
    assert messages[1:] == undisturbed[1:]
    first, again = [frame.data for frame in events if frame.event == "task_started"]
    assert "resumed_from" not in first
    assert again["resumed_from"] == seq_before(events, again)
    assert pairs(events, "thinking", "think_complete")
    assert pairs(events, "iteration_start", "iteration_complete")
    assert events[-1].data["total_iterations"] == STEPS + 2  # one was thought in vain


async def test_a_call_that_was_in_flight_is_not_repeated_and_the_model_gets_an_unknown_outcome(
    tmp_path: Path,
) -> None:
    model = StepModel(hangs_at=3)
    async with served(model, tmp_path) as client:
        task_id = await client.submit("Do the steps", session_id="one", agent="durable")
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("tool_call_stream", chunk="ready\n")
            client.server.kill()
            client.server.start()
        events = await client.events(task_id)
        lines = await steps_of(client, "one")

    assert ends_of(events) == ["task_complete"]
    assert lines == ["1", "2", "3", "4"]
    assert pairs(events, "tool_call_start", "tool_call_complete")
    statuses = [frame.data["status"] for frame in events if frame.event == "tool_call_complete"]
    assert statuses == ["ok", "ok", "outcome_unknown", "ok"]
    messages = model.asked[-1]["messages"]
    assert isinstance(messages, list)
    results = [message["content"] for message in messages if message["role"] == "tool"]
    assert "it may have had its effect or not" in results[2]


async def test_a_later_task_of_the_session_goes_on_with_the_conversation(tmp_path: Path) -> None:
    model = StepModel()
    async with served(model, tmp_path) as client:
        await client.events(await client.submit("Do the steps", session_id="one", agent="durable"))
        await client.events(await client.submit("And now?", session_id="one", agent="durable"))

    messages = model.asked[-1]["messages"]
    assert isinstance(messages, list)
    assert [message["role"] for message in messages] == [
        "system",
        "user",
        *("assistant", "tool") * STEPS,
        "assistant",
        "user",
    ]
    assert [messages[1]["content"], messages[-2]["content"], messages[-1]["content"]] == [
        "Do the steps",
        "All steps are done.",
        "And now?",
    ]
    arguments = messages[2]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"command": "echo 1 >> steps.txt"}


async def conversation_of(client: Client, session_id: str) -> list[tuple[object, ...]]:
    """The conversation, without what differs from task to task."""
    page = await client.get(f"/api/v1/sessions/{session_id}/messages")
    items = page["items"]
    assert isinstance(items, list)
    return [
        (
            item["role"],
            item["content"],
            [(call["tool_name"], call["arguments"]) for call in item.get("tool_calls", ())],
        )
        for item in items
    ]


async def steps_of(client: Client, session_id: str) -> list[object]:
    events = await client.events(await client.submit("cat steps.txt", session_id=session_id))
    return [frame.data["line"] for frame in events if frame.event == "log"]


def seq_before(events: list[Frame], started: Json) -> object:
    seqs = [frame.data["seq"] for frame in events]
    return seqs[seqs.index(started["seq"]) - 1]


def pairs(events: list[Frame], begin: str, end: str) -> bool:
    """Whether each beginning has its end before the next thing of its kind begins."""
    kinds = [frame.event for frame in events if frame.event in (begin, end)]
    return kinds == [begin, end] * (len(kinds) // 2)
