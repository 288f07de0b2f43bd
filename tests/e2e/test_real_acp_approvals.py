"""Agents of the Agent Client Protocol themselves, where they may not do all they like."""

import json
from pathlib import Path

import anyio
import pytest

from tests.agent_model_server import COMMAND, Asked, Choose, shell_call, writes_hello
from tests.e2e.client import Client, types_of
from tests.e2e.real_acp_agents import real_acp_agents
from tests.e2e.sse_reader import Frame
from tests.e2e.test_lax_workspaces import LAX_SERVERS, LAX_SETTINGS
from tests.e2e.test_real_acp_agents import PATIENCE_S, all_, frames
from tests.model_replies import Answer, AskedCall, Reply

pytestmark = pytest.mark.load

AGENTS = ("opencode", "codex-acp", "claude-code-acp", "gemini-acp")
HARMLESS = "ls -a"


@pytest.mark.parametrize("agent", AGENTS)
async def test_an_agent_that_is_denied_everything_does_nothing(agent: str, tmp_path: Path) -> None:
    async with real_acp_agents(tmp_path, runs(COMMAND)) as (client, _):
        events = await frames(client, agent, approval="deny")

    [resolved] = all_(events, "approval_resolved")
    assert (resolved["decision"], resolved["by"]) == ("denied", "policy")
    [call] = all_(events, "tool_call_complete")
    assert call["status"] == "denied"
    assert not file_of(events).exists()
    # Codex breaks its turn off when it is refused something.
    assert events[-1].event == ("task_failed" if agent == "codex-acp" else "task_complete")


@pytest.mark.parametrize("command", [COMMAND, HARMLESS])
@pytest.mark.parametrize("agent", AGENTS)
async def test_an_agent_waits_for_a_person_before_any_command_and_then_runs_it(
    agent: str, command: str, tmp_path: Path
) -> None:
    async with real_acp_agents(tmp_path, runs(command)) as (client, _):
        with anyio.fail_after(PATIENCE_S):
            task_id = await client.submit("Do it.", session_id="one", agent=agent, approval="ask")
            waiting = await until_asked(client, task_id)
            path = f"/api/v1/approvals/{waiting[-1].data['approval_id']}"
            answer = await client.request("POST", path, json={"decision": "approve"})
            assert answer.status_code == 200
            events = await client.events(task_id)

    assert not all_(waiting, "tool_call_complete")
    [resolved] = all_(events, "approval_resolved")
    assert (resolved["decision"], resolved["by"]) == ("approved", "local")
    [call] = all_(events, "tool_call_complete")
    assert call["status"] == "ok"
    assert file_of(events).exists() == (command == COMMAND)
    assert events[-1].event == "task_complete"


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_rule_for_a_kind_of_tool_leaves_the_others_alone(
    agent: str, tmp_path: Path
) -> None:
    async with real_acp_agents(tmp_path, runs(COMMAND)) as (client, _):
        profile = {"approvals": {"edit": "deny", "delete": "ask"}}
        put = await client.request("PUT", f"/api/v1/agents/{agent}", json=profile)
        assert put.status_code in (200, 201), put.text
        events = await frames(client, agent)

    [resolved] = all_(events, "approval_resolved")
    assert (resolved["decision"], resolved["by"]) == ("approved", "policy")
    assert file_of(events).read_text() == "hello\n"
    assert events[-1].event == "task_complete"


async def test_gemini_creates_a_file_over_the_protocol(tmp_path: Path) -> None:
    async with real_acp_agents(tmp_path, writes_file) as (client, _):
        events = await frames(client, "gemini-acp")

    [call] = all_(events, "tool_call_complete")
    assert call["status"] == "ok"
    assert file_of(events).read_text() == "hello\n"


async def test_an_agent_whose_workspace_has_it_ask_nobody_is_stopped(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    lax = {"agent": {"build": {"permission": {"bash": "allow"}}}}
    (work / "opencode.json").write_text(json.dumps(lax))
    async with real_acp_agents(tmp_path, runs(COMMAND)) as (client, _):
        events = await frames(client, "opencode", approval="deny", workspace=str(work))

    [failed] = all_(events, "task_failed")
    assert failed["reason"] == "agent_error"
    assert "without asking, although its approvals say deny" in str(failed["error"])


async def test_a_workspace_can_not_have_claude_code_do_more_than_it_may(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / ".claude").mkdir(parents=True)
    (work / ".claude" / "settings.json").write_text(json.dumps(LAX_SETTINGS))
    (work / ".mcp.json").write_text(json.dumps(LAX_SERVERS))
    async with real_acp_agents(tmp_path, runs(COMMAND)) as (client, _):
        events = await frames(client, "claude-code-acp", approval="deny", workspace=str(work))

    assert events[-1].event == "task_complete"
    assert [call["status"] for call in all_(events, "tool_call_complete")] == ["denied"]
    assert sorted(path.name for path in work.iterdir()) == [".claude", ".mcp.json"]


@pytest.mark.parametrize("agent", AGENTS)
async def test_the_end_of_an_agent_whose_turn_is_over_is_no_failure(
    agent: str, tmp_path: Path
) -> None:
    async with real_acp_agents(tmp_path, runs(COMMAND)) as (client, _):
        events = await frames(client, agent)

    [exited], [done] = all_(events, "process_exited"), all_(events, "task_complete")
    assert "sandbox_status" in types_of(events)
    if exited.get("stopped"):
        assert "exit_code" not in done
    else:
        assert (exited["exit_code"], done["exit_code"]) == (0, 0)


def runs(command: str) -> Choose:
    """A model that has one command run, and then is done."""

    def choose(asked: Asked) -> Reply:
        call = shell_call(asked, command)
        if call is None or asked.wire.has_tool_results(asked.body):
            return Answer(text=("Done.",))
        return Answer(text=("Let me.",), calls=(call,))

    return choose


def writes_file(asked: Asked) -> Reply:
    names = asked.wire.tools(asked.body)
    if "write_file" not in names or asked.wire.has_tool_results(asked.body):
        return Answer(text=("Done.",))
    arguments = json.dumps({"file_path": "hello.txt", "content": "hello\n"})
    return Answer(
        text=("Let me.",), calls=(AskedCall(tool_name="write_file", arguments=arguments),)
    )


async def until_asked(client: Client, task_id: str) -> list[Frame]:
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        return await stream.until("approval_required")


def file_of(events: list[Frame]) -> Path:
    return Path(str(all_(events, "process_started")[0]["cwd"])) / "hello.txt"


async def test_opencode_is_offered_no_subagents_whose_questions_nobody_would_see(
    tmp_path: Path,
) -> None:
    async with real_acp_agents(tmp_path, writes_hello) as (client, model):
        await frames(client, "opencode")

    offered = {tool for asked in model.asked for tool in asked.wire.tools(asked.body)}
    assert "bash" in offered
    assert "task" not in offered
