"""How a run of an agent of the Agent Client Protocol begins, goes on and is stopped."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest
from domain.errors import LeaseLost
from domain.events import AgentEvent
from domain.process_events import Log, ProcessExited, ProcessStarted, ResourceUsage
from domain.task import Approval
from domain.task_events import Error
from domain.thinking_events import (
    Message,
    MessageDelta,
    ThinkDelta,
    TokenUsage,
)
from domain.tool_events import ToolCallComplete
from ports.runner import Completed, Failed
from tests.acp_run import acp_context, acp_profile, agent_events, is_alive, run_acp
from tests.patience import PATIENCE_S
from tests.process_fakes import RecordingContext


async def test_an_agent_that_is_not_ready_in_time_is_ended(tmp_path: Path) -> None:
    context = RecordingContext(profile=acp_profile("silent", start_s=1.0), workspace=str(tmp_path))

    outcome = await run_acp(context)

    assert outcome == Failed(
        error="The agent was not ready within 1 seconds.", reason="start_failed"
    )
    [started, _, ended] = context.events
    assert isinstance(started, ProcessStarted)
    assert isinstance(ended, ProcessExited)
    assert not is_alive(started.pid)


async def test_a_login_with_a_key_needs_no_person(tmp_path: Path) -> None:
    assert await run_acp(acp_context("wants_key", tmp_path)) == Completed(
        final_answer="new-1: go", exit_code=0
    )


async def test_the_model_replaces_its_placeholder_in_the_command(tmp_path: Path) -> None:
    context = acp_context("wants_key", tmp_path)
    argv = (*context.profile.argv, "--model={model}", "-m", "{model}")
    for model in ("m", None):
        context.profile = replace(context.profile, argv=argv, model=model)
        await run_acp(context)

    models = [
        e.command.partition("wants_key")[2]
        for e in context.events
        if isinstance(e, ProcessStarted)
    ]
    assert models == [" --model=m -m m", ""]


@pytest.mark.parametrize("behaviour", ["loads", "resumes"])
async def test_the_next_task_resumes_the_conversation(tmp_path: Path, behaviour: str) -> None:
    context = acp_context(behaviour, tmp_path)
    context.thread = AgentThread(id="kept-1")

    outcome = await run_acp(context)

    assert outcome == Completed(final_answer="kept-1: go", exit_code=0)
    assert agent_events(context) == [
        MessageDelta(message_id="message-1", text="kept-1: go"),
        Message(message_id="message-1", role="assistant", content="kept-1: go"),
    ]


async def test_a_conversation_that_is_gone_is_replaced_by_a_new_one(tmp_path: Path) -> None:
    context = acp_context("loads", tmp_path)
    context.thread = AgentThread(id="lost-1")

    outcome = await run_acp(context)

    assert outcome == Completed(final_answer="new-1: go", exit_code=0)
    assert context.thread == AgentThread(id="new-1")
    [error] = [e for e in context.events if isinstance(e, Error)]
    assert error.recoverable


async def test_files_are_read_and_written_in_the_workspace_alone(tmp_path: Path) -> None:
    workspace, outside = tmp_path / "work", tmp_path / "secret.txt"
    workspace.mkdir()
    outside.write_text("secret")
    (workspace / "link").symlink_to(outside)
    (workspace / "in.txt").write_text("inside")

    read = await run_acp(
        acp_context("reads", workspace, offered=("fs",)), str(workspace / "in.txt")
    )
    refused = await run_acp(
        acp_context("reads", workspace, offered=("fs",)), str(workspace / "link")
    )
    written = await run_acp(
        acp_context("writes", workspace, offered=("fs",)), str(workspace / "deep" / "out.txt")
    )

    assert read == Completed(final_answer="inside", exit_code=0)
    assert refused == Completed(
        final_answer=f"refused: {str(workspace / 'link')!r} is outside the workspace",
        exit_code=0,
    )
    assert written == Completed(final_answer="written", exit_code=0)
    assert (workspace / "deep" / "out.txt").read_text() == "new"


async def test_a_file_write_that_the_rules_deny_is_not_made(
    tmp_path: Path,
) -> None:
    async def no(_: ApprovalRequest) -> ApprovalDecision:
        return ApprovalDecision(decision="denied", by="policy")

    context = acp_context("writes", tmp_path, offered=("fs",), answers=no)
    context.profile = replace(context.profile, approvals={"edit": "deny"})
    path = str(tmp_path / "out.txt")

    outcome = await run_acp(context, path)

    assert outcome == Completed(
        final_answer=f"refused: fs/write_text_file of {path!r} was not allowed", exit_code=0
    )
    assert not (tmp_path / "out.txt").exists()
    [asked] = context.asked
    assert (asked.tool_name, asked.mode) == ("fs/write_text_file", "deny")
    assert asked.arguments == {"path": path, "content": "new"}


async def test_a_stopped_turn_is_cancelled_by_the_agent_itself(tmp_path: Path) -> None:
    context = acp_context("waits", tmp_path)
    run = asyncio.ensure_future(run_acp(context))

    await context.until(lambda: bool(agent_events(context)))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert Message(message_id="message-1", role="assistant", content="waiting no more") in (
        context.events
    )
    assert isinstance(context.events[-1], ProcessExited)


async def test_a_call_of_a_cancelled_turn_is_not_ok_and_its_usage_is_counted(
    tmp_path: Path,
) -> None:
    context = acp_context("breaks_off", tmp_path)
    run = asyncio.ensure_future(run_acp(context))
    await context.until(lambda: bool(agent_events(context)))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    [done] = [e for e in context.events if isinstance(e, ToolCallComplete)]
    assert done.status == "outcome_unknown"
    assert [e.total_tokens for e in context.events if isinstance(e, TokenUsage)] == [30]


async def test_resource_usage_is_reported_during_the_run(tmp_path: Path) -> None:
    context = acp_context("waits", tmp_path)
    run = asyncio.ensure_future(run_acp(context, sampled_every_s=0.01))

    await context.until(lambda: any(isinstance(e, ResourceUsage) for e in context.events))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    [first, *_] = [event for event in context.events if isinstance(event, ResourceUsage)]
    assert (first.processes, first.rss_bytes > 1_000_000) == (1, True)
    assert isinstance(context.events[-1], ProcessExited)


async def test_an_agent_without_a_grace_period_is_reported_as_exited(
    tmp_path: Path,
) -> None:
    context = acp_context("waits", tmp_path)
    run = asyncio.ensure_future(run_acp(context))
    await context.until(lambda: bool(agent_events(context)))
    [started] = [e for e in context.events if isinstance(e, ProcessStarted)]
    os.kill(started.pid, signal.SIGSTOP)

    for _ in range(2):
        run.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await run

    assert context.events[-1] == ProcessExited(duration_ms=0, signal=signal.SIGKILL)


async def test_questions_of_a_stopped_turn_are_answered_as_cancelled(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def never(_: ApprovalRequest) -> ApprovalDecision:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")

    context = acp_context("asks_and_waits", tmp_path, answers=never)
    run = asyncio.ensure_future(run_acp(context))
    with anyio.fail_after(PATIENCE_S):
        await asked.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert Log(line="answer: cancelled", line_num=1, stream="stderr") in context.events
    [ended] = [e for e in context.events if isinstance(e, ToolCallComplete)]
    assert ended.status == "outcome_unknown"


async def test_an_agent_that_acts_against_the_rules_is_stopped_at_once(
    tmp_path: Path,
) -> None:
    context = acp_context("never_asks", tmp_path)
    context.profile = replace(context.profile, approvals={"execute": "deny"})

    outcome = await run_acp(context, "completed")

    assert outcome == Failed(
        error="The agent used execute (rm -r x) without asking, although its approvals say deny.",
        reason="agent_error",
    )
    [ended] = [e for e in context.events if isinstance(e, ToolCallComplete)]
    assert (ended.tool_name, ended.status) == ("execute", "ok")
    [exited] = [e for e in context.events if isinstance(e, ProcessExited)]
    assert (exited.signal, exited.stopped) == (signal.SIGKILL, True)


async def test_an_agent_may_act_without_asking_where_the_rules_allow_it(tmp_path: Path) -> None:
    outcome = await run_acp(acp_context("never_asks", tmp_path), "completed and ends")

    assert outcome == Completed(final_answer="Done.", exit_code=0)


async def test_an_agent_killed_after_its_turn_has_no_exit_code(
    tmp_path: Path,
) -> None:
    context = acp_context("stays", tmp_path)

    outcome = await run_acp(context, exit_s=0.01)

    assert outcome == Completed(final_answer="new-1: go")
    assert context.events[-1] == ProcessExited(duration_ms=0, signal=signal.SIGTERM, stopped=True)


async def test_a_turn_cancelled_after_a_denial_names_the_denial(tmp_path: Path) -> None:
    async def no(_: ApprovalRequest) -> ApprovalDecision:
        return ApprovalDecision(decision="denied", by="alice")

    outcome = await run_acp(acp_context("gives_up", tmp_path, answers=no))

    assert outcome == Failed(
        error="The agent broke its turn off because it was refused what it asked for.",
        reason="agent_error",
        exit_code=0,
    )


async def test_the_flags_for_its_approval_mode_are_in_the_command(
    tmp_path: Path,
) -> None:
    context = acp_context("never_asks", tmp_path)
    argv = (*context.profile.argv, "{approval}")
    flags: dict[Approval, tuple[str, ...]] = {"auto": (), "deny": ("--mode", "plan")}
    context.profile = replace(
        context.profile, argv=argv, approval_argv=flags, approvals={"default": "deny"}
    )

    outcome = await run_acp(context, "completed and ends")

    [started] = [e for e in context.events if isinstance(e, ProcessStarted)]
    assert started.command.endswith(" never_asks --mode plan")
    assert outcome == Completed(final_answer="Done.", exit_code=0)


async def test_a_lost_lease_ends_the_run_and_the_process(tmp_path: Path) -> None:
    def refuses(event: AgentEvent) -> Exception | None:
        return LeaseLost("another has it") if isinstance(event, ThinkDelta) else None

    context = RecordingContext(
        profile=acp_profile("works"), workspace=str(tmp_path), fails_with=refuses
    )

    with pytest.raises(LeaseLost):
        await run_acp(context)

    [started] = [e for e in context.events if isinstance(e, ProcessStarted)]
    assert not is_alive(started.pid)
