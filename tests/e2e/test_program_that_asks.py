"""A program with Claude Code's protocol, whose questions are answered over HTTP."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from tests import fake_claude_code
from tests.e2e.client import Client, types_of
from tests.e2e.sse_reader import Frame, Json
from tests.patience import PATIENCE_S

ASKER = "/api/v1/agents/asker"
ASKED = ["--permission-prompt-tool=stdio"]
WRITES = json.dumps([["Bash", "echo hello > hello.txt"], ["say", "over"]])


@pytest.fixture
async def asker(client: Client, tmp_path: Path) -> AsyncIterator[Json]:
    """The profile of an agent that asks, which works in the test's own folder."""
    profile: Json = {
        "kind": "claude-code",
        "argv": [sys.executable, fake_claude_code.__file__, "{approval}"],
        "hand_over": "protocol",
        "approval_argv": {"ask": ASKED, "deny": ASKED},
        "sandbox": "none",
        "workspace": str(tmp_path),
        "limits": {"timeout_s": PATIENCE_S},
    }
    assert (await client.request("PUT", ASKER, json=profile)).status_code == 201
    yield profile
    await client.request("DELETE", ASKER)


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_what_it_asks_is_done_or_not_as_a_person_decides(
    decision: str, client: Client, session_id: str, asker: Json, tmp_path: Path
) -> None:
    with anyio.fail_after(PATIENCE_S):
        task_id = await submit(client, session_id, approval="ask")
        question = await pending(client, task_id)
        waiting = await client.get(f"/api/v1/tasks/{task_id}")
        typed = await client.request(
            "POST",
            f"/api/v1/tasks/{task_id}/input",
            json={"kind": "message", "data": "into the protocol"},
        )
        answer = {"decision": decision, "reason": "so be it"}
        path = f"/api/v1/approvals/{question['approval_id']}"
        answered = await client.request("POST", path, json=answer)
        frames = await client.events(task_id)

    assert (question["tool_name"], waiting["status"]) == ("Bash", "waiting")
    assert question["arguments"] == {"command": "echo hello > hello.txt"}
    assert (typed.status_code, answered.status_code) == (409, 200)
    start, result = the(frames, "tool_call_start"), the(frames, "tool_call_complete")
    assert start["call_id"] == result["call_id"] == question["call_id"]
    assert frames[-1].event == "task_complete"
    if decision == "approve":
        assert (result["status"], (tmp_path / "hello.txt").read_text()) == ("ok", "hello\n")
    else:
        assert (result["status"], "so be it" in str(result["result"])) == ("denied", True)
        assert not (tmp_path / "hello.txt").exists()


async def test_a_task_that_denies_everything_is_asked_nothing_and_does_nothing(
    client: Client, session_id: str, asker: Json, tmp_path: Path
) -> None:
    task_id = await submit(client, session_id, approval="deny")
    frames = await events(client, task_id)

    assert the(frames, "approval_resolved")["by"] == "policy"
    assert the(frames, "tool_call_complete")["status"] == "denied"
    assert frames[-1].event == "task_complete"
    assert not (tmp_path / "hello.txt").exists()


async def test_a_task_that_allows_everything_is_asked_nothing(
    client: Client, session_id: str, asker: Json, tmp_path: Path
) -> None:
    frames = await events(client, await submit(client, session_id, approval="auto"))

    assert "approval_required" not in types_of(frames)
    assert the(frames, "tool_call_complete")["status"] == "ok"
    assert (tmp_path / "hello.txt").exists()


async def test_a_rule_of_its_agent_holds_for_a_task_that_allows_everything(
    client: Client, session_id: str, asker: Json, tmp_path: Path
) -> None:
    ruled = asker | {"approvals": {"Bash": "deny"}}
    assert (await client.request("PUT", ASKER, json=ruled)).status_code == 200
    acts = json.dumps([["Write", "touch written"], ["Bash", "touch run"]])

    frames = await events(client, await submit(client, session_id, acts, approval="auto"))

    calls = [frame.data for frame in frames if frame.event == "tool_call_complete"]
    assert [(one["tool_name"], one["status"]) for one in calls] == [
        ("Write", "ok"),
        ("Bash", "denied"),
    ]
    assert ((tmp_path / "written").exists(), (tmp_path / "run").exists()) == (True, False)


async def test_a_task_that_is_cancelled_while_it_waits_takes_no_answer_any_more(
    client: Client, session_id: str, asker: Json, tmp_path: Path
) -> None:
    with anyio.fail_after(PATIENCE_S):
        task_id = await submit(client, session_id, approval="ask")
        question = await pending(client, task_id)
        await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
        frames = await client.events(task_id)
        path = f"/api/v1/approvals/{question['approval_id']}"
        late = await client.request("POST", path, json={"decision": "approve"})

    assert frames[-1].event == "task_cancelled"
    assert late.status_code == 410
    assert not (tmp_path / "hello.txt").exists()


async def submit(
    client: Client, session_id: str, task: str = WRITES, *, approval: str | None = None
) -> str:
    return await client.submit(task, session_id=session_id, agent="asker", approval=approval)


async def events(client: Client, task_id: str) -> list[Frame]:
    with anyio.fail_after(PATIENCE_S):
        return await client.events(task_id)


async def pending(client: Client, task_id: str) -> Json:
    """The question that the task waits with, as the list of them shows it."""
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("approval_required")
    path = f"/api/v1/approvals?status=pending&task_id={task_id}"
    [question] = (await client.request("GET", path)).json()["items"]
    found: Json = question
    return found


def the(frames: list[Frame], event: str) -> Json:
    """What the only event of this type holds."""
    [found] = [frame.data for frame in frames if frame.event == event]
    return found
