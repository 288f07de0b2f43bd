"""A task that asks, answered over HTTP and from the command line."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.approval import ApprovalRequest
from domain.task import Task
from ports.runner import Completed, Outcome, RunContext
from tests.e2e.cli_process import Cli
from tests.e2e.writer_server import WriterServer, writer_server

SSE = "text/event-stream"
TASK = {"task": "ask", "agent": "fake", "approval": "ask"}


async def ask(task: Task, context: RunContext) -> Outcome:
    decision = await context.approve(
        ApprovalRequest(
            call_id="call_1", tool_name="shell", arguments={"command": "rm -r x"}, reason="tidy"
        )
    )
    return Completed(final_answer=f"{decision.decision} by {decision.by}: {decision.reason}")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[WriterServer]:
    async with writer_server(tmp_path / "server", "reactor") as server:
        server.graph.runner.acts["ask"] = ask
        yield server


async def test_an_answer_over_http_lets_the_task_go_on(here: WriterServer) -> None:
    async with here.stream("/api/v1/tasks", method="POST", json=TASK, accept=SSE) as stream:
        question = (await stream.until("approval_required"))[-1].data
        waiting = await here.http.get(f"/api/v1/tasks/{question['task_id']}")
        path = f"/api/v1/approvals/{question['approval_id']}"
        body = {"decision": "deny", "reason": "not today"}
        answers = [await here.http.post(path, json=body) for _ in range(2)]
        rest = await stream.to_end()

    assert waiting.json()["status"] == "waiting"
    assert [answer.status_code for answer in answers] == [200, 409]
    final = next(frame.data for frame in rest if frame.event == "task_complete")
    assert final["final_answer"] == "denied by local: not today"


async def test_the_command_line_lists_what_waits_and_answers_it(
    here: WriterServer, tmp_path: Path
) -> None:
    cli, at = Cli(folder=tmp_path), {"AGENTCAST_URL": str(here.http.base_url).rstrip("/")}
    async with here.stream("/api/v1/tasks", method="POST", json=TASK, accept=SSE) as stream:
        question = (await stream.until("approval_required"))[-1].data
        approval_id = str(question["approval_id"])
        listed = await asyncio.to_thread(cli.run, "approve", env=at)
        ran = await asyncio.to_thread(cli.run, "approve", approval_id, "--reason", "ok", env=at)
        again = await asyncio.to_thread(cli.run, "approve", approval_id, env=at)
        rest = await stream.to_end()

    assert (listed.returncode, listed.stdout.splitlines()[0]) == (0, f"{approval_id}  shell")
    assert '    command = "rm -r x"' in listed.stdout.splitlines()
    assert (ran.returncode, ran.stdout) == (0, f"{approval_id} approved\n")
    assert (again.returncode, again.stderr) == (
        1,
        "agentcast: the server refused (409): it was approved before\n",
    )
    final = next(frame.data for frame in rest if frame.event == "task_complete")
    assert final["final_answer"] == "approved by local: ok"
