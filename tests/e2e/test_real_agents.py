"""Claude Code, Codex and Gemini CLI themselves, with a scripted model behind them."""

import json
import shutil
from pathlib import Path

import anyio
import pytest

from tests.agent_model_server import FINAL, Asked, Choose, writes_hello
from tests.e2e.client import Client, types_of
from tests.e2e.live_processes import pids_of, processes_of
from tests.e2e.real_agents import real_agents
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import HttpFault, Reply, Stall

pytestmark = pytest.mark.load

CLI_AGENTS = ("claude-code", "codex", "gemini")
AGENTS = (*CLI_AGENTS, "gemini-acp")
# An agent starts within some seconds; those that ask again and again do it within this.
PATIENCE_S = 90
USED = {"input_tokens": 40, "output_tokens": 20, "total_tokens": 60}


@pytest.mark.parametrize("agent", CLI_AGENTS)
async def test_an_agent_is_understood_and_goes_on_with_its_conversation(
    agent: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, model):
        first = await frames(client, "-write it (the first task)", agent)
        asked_first = len(model.asked)
        second = await frames(client, "And once more.", agent)

    for events in (first, second):
        call, result = the(events, "tool_call_start"), the(events, "tool_call_complete")
        assert "cat hello.txt" in json.dumps(call["arguments"])
        assert (result["call_id"], result["status"]) == (call["call_id"], "ok")
        assert str(result["result"]).strip() == "hello"
        assert [frame.data["content"] for frame in events if frame.event == "message"][-1] == FINAL
        assert "token_usage" in types_of(events)
        assert the(events, "task_complete")["final_answer"] == FINAL
        assert {"raw", "schema_drift", "task_failed"}.isdisjoint(types_of(events))
        usage = the(events, "task_complete")["usage"]
        assert isinstance(usage, dict)
        assert {name: usage[name] for name in USED} == USED
    assert file_of(first).read_text() == "hello\n"
    assert all("the first task" in words(asked) for asked in model.asked[asked_first:])


@pytest.mark.parametrize(
    ("agent", "models"),
    [
        ("claude-code", ("claude-sonnet-4-5", "claude-haiku-4-5")),
        ("codex", ("gpt-5-mini", "gpt-5")),
        ("gemini", ("gemini-2.5-flash", "gemini-2.5-flash-lite")),
        ("gemini-acp", ("gemini-2.5-flash", "gemini-2.5-flash-lite")),
    ],
)
async def test_an_agent_asks_the_model_that_each_task_of_its_session_names(
    agent: str, models: tuple[str, str], tmp_path: Path
) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, model):
        for chosen in models:
            asked_before = len(model.asked)
            events = await frames(client, "Write it.", agent, model=chosen)

            assert the(events, "task_complete")["final_answer"] == FINAL
            for asked in model.asked[asked_before:]:
                assert asked.body.get("model") == chosen or f"/{chosen}:" in asked.path


@pytest.mark.parametrize("agent", CLI_AGENTS)
async def test_an_agent_whose_conversation_is_gone_begins_a_new_one(
    agent: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, _):
        await frames(client, "Write it.", agent)
        shutil.rmtree(tmp_path / "data" / "homes")
        second = await frames(client, "And once more.", agent)
        third = await frames(client, "And again.", agent)

    assert [phases_of(events).count("resume") for events in (second, third)] == [1, 0]
    assert types_of(second).count("process_started") == 2
    for events in (second, third):
        assert the(events, "task_complete")["final_answer"] == FINAL


@pytest.mark.parametrize("agent", CLI_AGENTS)
async def test_a_key_that_is_refused_for_a_while_costs_no_conversation(
    agent: str, tmp_path: Path
) -> None:
    answers: list[Choose] = [writes_hello]
    async with real_agents(tmp_path, lambda asked: answers[-1](asked)) as (client, model):
        await frames(client, "write it (the first task)", agent)
        answers.append(refuses_the_key)
        refused = await frames(client, "And once more.", agent)
        answers.append(writes_hello)
        asked_before = len(model.asked)
        third = await frames(client, "And again.", agent)

    assert refused[-1].event == "task_failed"
    assert "resume" not in phases_of(refused) + phases_of(third)
    assert the(third, "task_complete")["final_answer"] == FINAL
    assert all("the first task" in words(asked) for asked in model.asked[asked_before:])


@pytest.mark.parametrize("agent", AGENTS)
async def test_an_agent_works_without_a_sandbox_too(agent: str, tmp_path: Path) -> None:
    async with real_agents(tmp_path, writes_hello, sandbox="none") as (client, _):
        events = await frames(client, "Write it.", agent)

    assert the(events, "process_started")["sandbox"] == "none"
    assert the(events, "tool_call_complete")["status"] == "ok"
    assert "token_usage" in types_of(events)
    assert the(events, "task_complete")["final_answer"] == FINAL
    assert file_of(events).read_text() == "hello\n"


@pytest.mark.parametrize("agent", AGENTS)
async def test_an_agent_whose_key_is_refused_fails_with_the_error_of_its_model(
    agent: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, refuses_the_key) as (client, _):
        events = await frames(client, "Write it.", agent)

    failed = the(events, "task_failed")
    assert "401 the key is no good" in str(failed["error"]).replace("Unauthorized: ", "")
    assert failed["reason"] == "model_error"
    assert "{" not in str(failed["error"])
    assert len(str(failed["error"])) < 150


@pytest.mark.parametrize("agent", AGENTS)
async def test_an_agent_that_waits_for_its_model_can_be_cancelled(
    agent: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, never_answers) as (client, model):
        with anyio.fail_after(PATIENCE_S):
            task_id = await client.submit("Write it.", session_id="one", agent=agent)
            await model.stalled.wait()
        with processes_of(task_id) as running:
            assert running.pids
            await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
            with anyio.fail_after(5):
                events = await client.events(task_id)
            await running.all_gone()

    assert events[-1].event == "task_cancelled"
    assert pids_of(task_id) == []


def refuses_the_key(_: Asked) -> Reply:
    return HttpFault(status=401, message="the key is no good")


def never_answers(_: Asked) -> Reply:
    return Stall()


async def frames(client: Client, task: str, agent: str, **more: object) -> list[Frame]:
    with anyio.fail_after(PATIENCE_S):
        task_id = await client.submit(task, session_id="one", agent=agent, **more)
        return await client.events(task_id)


def the(events: list[Frame], event: str) -> Json:
    """What the only event of this type holds."""
    (found,) = [frame.data for frame in events if frame.event == event]
    return found


def phases_of(events: list[Frame]) -> list[object]:
    return [frame.data["phase"] for frame in events if frame.event == "error"]


def file_of(events: list[Frame]) -> Path:
    return Path(str(the(events, "process_started")["cwd"])) / "hello.txt"


def words(asked: Asked) -> str:
    return json.dumps(asked.body)
