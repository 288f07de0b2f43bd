"""Claude Code, Codex and Gemini CLI themselves, where they may not do all they like."""

import json
from pathlib import Path

import anyio
import pytest

from tests.agent_model_server import COMMAND, Asked, Choose, writes_hello
from tests.e2e.client import Client, types_of
from tests.e2e.real_agents import real_agents
from tests.e2e.sse_reader import Frame, Json
from tests.e2e.test_real_agents import PATIENCE_S, file_of, frames, the
from tests.model_replies import Answer, AskedCall, Reply

pytestmark = pytest.mark.load

AGENTS = ("claude-code", "codex", "gemini")
SUBTASK: Json = {"description": "d", "prompt": "p", "subagent_type": "general-purpose"}


@pytest.mark.parametrize("sandbox", ["auto", "none"])
@pytest.mark.parametrize("agent", AGENTS)
async def test_a_task_that_denies_its_agent_everything_writes_nothing(
    agent: str, sandbox: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, writes_hello, sandbox=sandbox) as (client, _):
        first = await frames(client, "Write it.", agent, approval="deny")
        second = await frames(client, "And once more.", agent, approval="deny")

    for events in (first, second):
        assert "task_complete" in types_of(events)
        assert not file_of(events).exists()
        results = [frame.data for frame in events if frame.event == "tool_call_complete"]
        assert [result["status"] for result in results if result["status"] == "ok"] == []


async def test_gemini_that_is_denied_everything_makes_no_plan_after_which_it_may(
    tmp_path: Path,
) -> None:
    steps: list[tuple[str, Json]] = [
        ("enter_plan_mode", {}),
        ("exit_plan_mode", {"plan_path": "x.md", "plan_filename": "x.md"}),
        ("run_shell_command", {"command": COMMAND}),
    ]
    async with real_agents(tmp_path, one_after_another(steps), sandbox="none") as (client, _):
        events = await frames(client, "Write it.", "gemini", approval="deny")

    results = [frame.data for frame in events if frame.event == "tool_call_complete"]
    assert [result["tool_name"] for result in results] == [name for name, _ in steps]
    assert "ok" not in [result["status"] for result in results]
    assert not file_of(events).exists()


@pytest.mark.parametrize("agent", ["codex", "gemini"])
async def test_a_task_that_wants_an_agent_to_ask_which_cannot_is_refused(
    agent: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, _):
        task = {"task": "Write it.", "agent": agent, "approval": "ask"}
        refused = await client.request("POST", "/api/v1/tasks", json=task)

    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["field"] == "approval"
    assert "asks nobody" in error["message"]


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_claude_code_waits_for_a_person_and_follows_the_decision(
    decision: str, tmp_path: Path
) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, _):
        events = await asked(client, "Write it.", decision=decision, approval="ask")
        again = await asked(client, "And once more.", decision=decision, approval="ask")

    for each in (events, again):
        question, answer = the(each, "approval_required"), the(each, "approval_resolved")
        call, result = the(each, "tool_call_start"), the(each, "tool_call_complete")
        assert (question["tool_name"], question["call_id"]) == ("Bash", call["call_id"])
        assert question["arguments"] == {"command": COMMAND}
        assert (answer["by"], answer["reason"]) == ("local", "so be it")
        if decision == "approve":
            assert (result["status"], str(result["result"]).strip()) == ("ok", "hello")
        else:
            assert result["status"] == "denied"
            assert "so be it" in str(result["result"])
        assert "task_complete" in types_of(each)
        assert {"raw", "schema_drift"}.isdisjoint(types_of(each))
        assert file_of(each).exists() == (decision == "approve")


async def test_claude_code_that_waits_for_a_person_can_be_cancelled(tmp_path: Path) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, _):
        with anyio.fail_after(PATIENCE_S):
            task_id = await client.submit(
                "Write it.", session_id="one", agent="claude-code", approval="ask"
            )
            question = await pending(client, task_id)
            await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
            events = await client.events(task_id)
        late = await client.request(
            "POST", f"/api/v1/approvals/{question}", json={"decision": "approve"}
        )

    assert events[-1].event == "task_cancelled"
    assert late.status_code == 410
    assert not file_of(events).exists()


@pytest.mark.parametrize(
    ("rules", "tool", "arguments", "status"),
    [
        ({"Read": "deny"}, "Read", {"file_path": "a.txt"}, "denied"),
        ({"Bash": "deny"}, "Bash", {"command": "ls"}, "denied"),
        ({"Task": "deny"}, "Agent", SUBTASK, "denied"),
        ({"Bash": "deny"}, "Read", {"file_path": "a.txt"}, "ok"),
        ({"Write": "deny", "default": "auto"}, "Bash", {"command": "touch b.txt"}, "ok"),
        ({"default": "deny"}, "Read", {"file_path": "a.txt"}, "ok"),
        ({"default": "deny"}, "Read", {"file_path": "/etc/hostname"}, "denied"),
        ({"default": "deny", "Bash": "auto"}, "Bash", {"command": "ls"}, "denied"),
    ],
)
async def test_the_rules_of_a_profile_hold_for_the_tools_of_claude_code(
    rules: Json, tool: str, arguments: Json, status: str, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.txt").write_text("A")
    async with real_agents(tmp_path, calls(tool, arguments), sandbox="none") as (client, _):
        profile: Json = {"kind": "claude-code", "approvals": rules, "sandbox": "none"}
        await put(client, profile | {"workspace": str(work)})
        events = await frames(client, "Do it.", "ruled")

    assert the(events, "tool_call_complete")["status"] == status
    assert "task_complete" in types_of(events)


async def test_a_rule_for_a_tool_that_claude_code_does_not_have_fails_its_task(
    tmp_path: Path,
) -> None:
    async with real_agents(tmp_path, writes_hello) as (client, _):
        await put(client, {"kind": "claude-code", "approvals": {"bash": "deny"}})
        events = await frames(client, "Write it.", "ruled")

    failed = the(events, "task_failed")
    assert failed["reason"] == "start_failed"
    assert "approvals: there is no tool 'bash'; there are: " in str(failed["error"])
    assert "process_exited" in types_of(events)


async def asked(client: Client, task: str, *, decision: str, **more: object) -> list[Frame]:
    """The events of a task of Claude Code whose one question is answered so."""
    with anyio.fail_after(PATIENCE_S):
        task_id = await client.submit(task, session_id="one", agent="claude-code", **more)
        body = {"decision": decision, "reason": "so be it"}
        path = f"/api/v1/approvals/{await pending(client, task_id)}"
        assert (await client.request("POST", path, json=body)).status_code == 200
        return await client.events(task_id)


async def pending(client: Client, task_id: str) -> str:
    """The id of the question that the task waits with."""
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        question = (await stream.until("approval_required"))[-1].data
    path = f"/api/v1/approvals?status=pending&task_id={task_id}"
    [listed] = (await client.request("GET", path)).json()["items"]
    assert listed["approval_id"] == question["approval_id"]
    return str(question["approval_id"])


async def put(client: Client, profile: Json) -> None:
    answer = await client.request("PUT", "/api/v1/agents/ruled", json=profile)
    assert answer.status_code == 201, answer.text


def calls(tool: str, arguments: Json) -> Choose:
    """A model that calls this tool once."""

    def choose(asked: Asked) -> Reply:
        if tool not in asked.wire.tools(asked.body) or asked.wire.has_tool_results(asked.body):
            return Answer(text=("Done.",))
        call = AskedCall(tool_name=tool, arguments=json.dumps(arguments))
        return Answer(text=("Let me.",), calls=(call,))

    return choose


def one_after_another(steps: list[tuple[str, Json]]) -> Choose:
    """A model that calls these tools in turn, offered or not."""
    left = list(steps)

    def choose(_: Asked) -> Reply:
        if not left:
            return Answer(text=("Done.",))
        tool, arguments = left.pop(0)
        call = AskedCall(tool_name=tool, arguments=json.dumps(arguments))
        return Answer(text=("Let me.",), calls=(call,))

    return choose
