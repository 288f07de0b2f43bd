"""Agents that are real processes of the Agent Client Protocol, with many behaviours."""

from pathlib import Path

import pytest

from domain.approval import ApprovalDecision, ApprovalRequest
from domain.process_events import Log, ProcessExited, ProcessStarted, Raw, SchemaDrift
from domain.task_events import Progress
from domain.thinking_events import (
    Message,
    MessageDelta,
    Phase,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    ThinkDelta,
    TokenUsage,
)
from domain.tool_events import ToolCallComplete, ToolCallStart
from domain.workspace_events import SandboxStatus
from ports.runner import Completed, Failed, Outcome
from tests.acp_run import acp_context, agent_events, run_acp

CALL = {"path": "a.txt", "content": "new", "title": "Edit a.txt"}


async def _no(_: ApprovalRequest) -> ApprovalDecision:
    return ApprovalDecision(decision="denied", by="alice")


async def test_a_turn_is_reported_from_the_plan_to_the_answer(tmp_path: Path) -> None:
    context = acp_context("works", tmp_path)

    outcome = await run_acp(context)

    assert outcome == Completed(final_answer="Done: yes", exit_code=0)
    started, sandbox, *_ = context.events
    assert isinstance(started, ProcessStarted)
    assert isinstance(sandbox, SandboxStatus)
    assert (sandbox.kind, sandbox.status) == (started.sandbox, "running")
    assert context.events[-1] == ProcessExited(duration_ms=0, exit_code=0)
    assert agent_events(context) == [
        PlanCreated(
            goal="",
            phases=(
                Phase(id="1", name="Look", status="pending"),
                Phase(id="2", name="Change", status="pending"),
            ),
        ),
        PhaseStart(phase_id="1", phase_name="Look", phase_index=0),
        ThinkDelta(iteration=1, text="Hm"),
        ThinkDelta(iteration=1, text="m."),
        ThinkComplete(iteration=1, content="Hmm.", reasoning="Hmm.", tool_call_count=0),
        MessageDelta(message_id="message-1", text="I change "),
        MessageDelta(message_id="message-1", text="it."),
        Message(message_id="message-1", role="assistant", content="I change it."),
        ToolCallStart(call_id="c1", tool_name="edit", arguments=CALL),
        ToolCallComplete(
            call_id="c1",
            tool_name="edit",
            status="ok",
            result="--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new",
            duration_ms=0,
        ),
        PhaseComplete(phase_id="1", phase_name="Look"),
        PhaseStart(phase_id="2", phase_name="Change", phase_index=1),
        PhaseComplete(phase_id="2", phase_name="Change"),
        Progress(message="2 of 2 phases are complete", percent=100.0),
        TokenUsage(
            model="unknown",
            input_tokens=100,
            output_tokens=0,
            total_tokens=100,
            cost_usd=0.5,
            total_cost_usd=0.5,
            partial=True,
        ),
        MessageDelta(message_id="message-2", text="Done: yes"),
        Message(message_id="message-2", role="assistant", content="Done: yes"),
        TokenUsage(
            model="unknown",
            input_tokens=10,
            output_tokens=20,
            total_tokens=130,
            total_cost_usd=0.5,
        ),
    ]


async def test_a_denied_call_is_rejected_and_reported_as_denied(tmp_path: Path) -> None:
    context = acp_context("works", tmp_path, answers=_no)

    outcome = await run_acp(context)

    assert outcome == Completed(final_answer="Done: no", exit_code=0)
    assert context.asked == [
        ApprovalRequest(
            call_id="c1", tool_name="edit", arguments=CALL, reason="Edit a.txt", mode="auto"
        )
    ]
    [ended] = [e for e in context.events if isinstance(e, ToolCallComplete)]
    assert ended.status == "denied"


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (
            "refuses",
            Failed(error="The agent refused to go on.", reason="agent_error", exit_code=0),
        ),
        (
            "max_tokens",
            Failed(
                error="The agent stopped because it had reached its most tokens.",
                reason="agent_error",
                exit_code=0,
            ),
        ),
        (
            "fails",
            Failed(
                error="The agent failed: Internal error: the model is away",
                reason="agent_error",
                exit_code=0,
            ),
        ),
        (
            "dies",
            Failed(
                error="The agent's process ended with exit code 7 before it had answered, "
                "and wrote:\npanic: no more air",
                reason="exit_code",
                exit_code=7,
            ),
        ),
        (
            "exits_at_once",
            Failed(
                error="The agent's process ended with exit code 3 before it was ready, "
                "and wrote:\nI do not speak that",
                reason="start_failed",
                exit_code=3,
            ),
        ),
        (
            "newer",
            Failed(
                error="the agent speaks version 7 of the Agent Client Protocol, "
                "this server speaks version 1",
                reason="start_failed",
            ),
        ),
        (
            "wants_login",
            Failed(
                error="the agent asks for a login, which cannot be given here "
                "(it offers: Log in with a browser); "
                "name the variable that holds its key in env_passthrough",
                reason="start_failed",
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_failed_turn_has_its_reason(
    tmp_path: Path, behaviour: str, outcome: Outcome
) -> None:
    context = acp_context(behaviour, tmp_path)

    assert await run_acp(context) == outcome
    assert isinstance(context.events[-1], ProcessExited)


async def test_a_partial_message_is_kept_when_the_agent_dies(tmp_path: Path) -> None:
    context = acp_context("dies", tmp_path)

    await run_acp(context)

    assert Message(message_id="message-1", role="assistant", content="I am fi") in context.events
    assert Log(line="panic: no more air", line_num=1, stream="stderr") in context.events


async def test_garbage_and_unknown_updates_do_not_end_a_turn(tmp_path: Path) -> None:
    context = acp_context("garbles", tmp_path)

    outcome = await run_acp(context)

    assert outcome == Completed(final_answer="new-1: go", exit_code=0)
    assert [e.what for e in context.events if isinstance(e, SchemaDrift)] == [
        "dream",
        "a message of no kind",
    ]
    assert [e.line[:11] for e in context.events if isinstance(e, Raw)] == ['{"jsonrpc":'] * 3
    assert context.logs == [
        Log(line="not a message", line_num=1, stream="stdout"),
        Log(line='{"half": ', line_num=2, stream="stdout"),
    ]
