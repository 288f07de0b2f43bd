"""One event of every kind, and the plain lines it is shown as."""

from datetime import UTC, datetime

from domain.events import AgentEvent
from domain.process_events import (
    Extraction,
    Log,
    ProcessExited,
    ProcessStarted,
    Raw,
    ResourceUsage,
    SchemaDrift,
)
from domain.task_events import (
    CancelRequested,
    Error,
    Progress,
    TaskAnalysis,
    TaskCancelled,
    TaskComplete,
    TaskFailed,
    TaskInterrupted,
    TaskPaused,
    TaskQueued,
    TaskResumed,
    TaskStarted,
)
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    MessageDelta,
    Phase,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    ThinkDelta,
    Thinking,
    TokenUsage,
)
from domain.tool_events import (
    ApprovalRequired,
    ApprovalResolved,
    InputReceived,
    InputRequired,
    ToolCallComplete,
    ToolCallStart,
    ToolCallStream,
)
from domain.usage import Usage
from domain.workspace_events import ArtifactCreated, GitOperation, PrCreated, SandboxStatus

SHOWN: list[tuple[AgentEvent, str]] = [
    (TaskQueued(task="List\nfiles", position=2), "queued (number 2 in the queue): List files\n"),
    (TaskStarted(worker_id="w.1", agent_kind="react"), "started (react) by w.1\n"),
    (TaskAnalysis(action_name="Listing", goal="all files"), "Listing: all files\n"),
    (Progress(message="half way", percent=50), "50 % half way\n"),
    (TaskPaused(reason="lunch"), "paused: lunch\n"),
    (TaskResumed(by="ann"), "resumed by ann\n"),
    (CancelRequested(by="ann", mode="kill"), "cancel requested by ann (kill)\n"),
    (Error(message="hm", phase="thinking", recoverable=True), "error while thinking: hm\n"),
    (
        TaskComplete(
            final_answer="Two files.",
            duration_ms=61_500,
            usage=Usage(total_tokens=1234, cost_usd=0.01),
        ),
        "Two files.\ncompleted in 1 min 2 s, 1,234 tokens, $0.0100\n",
    ),
    (
        TaskFailed(error="too slow", reason="timeout", duration_ms=900),
        "failed after 900 ms (timeout): too slow\n",
    ),
    (
        TaskCancelled(reason="user", by="ann", duration_ms=1500),
        "cancelled after 1.5 s (user) by ann\n",
    ),
    (
        TaskInterrupted(reason="worker_lost", attempt=1),
        "interrupted in attempt 1 (worker_lost)\n",
    ),
    (
        PlanCreated(goal="ship", phases=(Phase(id="1", name="build", status="pending"),)),
        "plan: ship\n    1. build\n",
    ),
    (PhaseStart(phase_id="1", phase_name="build", phase_index=0), "phase build\n"),
    (PhaseComplete(phase_id="1", phase_name="build"), "phase build is complete\n"),
    (IterationStart(iteration=1, max_iterations=20), "iteration 1 of at most 20\n"),
    (IterationComplete(iteration=1, tool_calls=1, tokens_used=3), ""),
    (Thinking(iteration=1, message_count=2), ""),
    (ThinkDelta(iteration=1, text="I thi"), ""),
    (ThinkComplete(iteration=1, content="I think.", tool_call_count=0), "I think.\n"),
    (MessageDelta(message_id="m", text="He"), ""),
    (Message(message_id="m", role="assistant", content="Hello."), "Hello.\n"),
    (
        TokenUsage(
            model="m1", input_tokens=1000, output_tokens=20, total_tokens=1020, partial=True
        ),
        "m1: 1,000 in, 20 out (at least 1,020 tokens so far)\n",
    ),
    (
        ToolCallStart(call_id="c", tool_name="shell", arguments={"command": "ls", "n": 1}),
        "→ shell(command=ls, n=1)\n",
    ),
    (ToolCallStream(call_id="c", stream="stdout", chunk="a"), ""),
    (
        ToolCallComplete(
            call_id="c", tool_name="shell", status="ok", result="a\nb\n", duration_ms=5
        ),
        "← shell ok in 5 ms\n    a\n    b\n",
    ),
    (
        ApprovalRequired(
            approval_id="a",
            call_id="c",
            tool_name="shell",
            arguments={"command": "rm"},
            reason="it deletes",
            expires_at=datetime(2026, 11, 21, tzinfo=UTC),
        ),
        "approval a needed for shell: it deletes\n    command=rm\n",
    ),
    (ApprovalResolved(approval_id="a", decision="denied", by="ann"), "denied by ann\n"),
    (InputRequired(prompt="Which?"), "input needed: Which?\n"),
    (InputReceived(kind="message", by="ann"), "message received from ann\n"),
    (
        ProcessStarted(pid=7, command="npm test", cwd="/w", pty=True, sandbox="none"),
        "$ npm test (pid 7, without a sandbox)\n",
    ),
    (Log(line="ok 1", line_num=1, stream="pty"), "ok 1\n"),
    (Extraction(rule="coverage", value="93", line_num=4), "coverage: 93 (line 4)\n"),
    (ResourceUsage(cpu_percent=1.0, rss_bytes=5, processes=1), ""),
    (ProcessExited(exit_code=3, duration_ms=20), "ended with code 3 after 20 ms\n"),
    (Raw(source="codex", line="{}"), "codex: {}\n"),
    (
        SchemaDrift(source="codex", what="a new type"),
        "codex writes what is not known here: a new type\n",
    ),
    (SandboxStatus(sandbox_id="s", status="running", kind="bwrap"), "sandbox bwrap running\n"),
    (
        GitOperation(operation="push", status="in_progress", message="objects", progress=40),
        "git push in progress 40 %: objects\n",
    ),
    (
        PrCreated(pr_url="https://x/1", pr_number=1, title="Fix", head="f", base="main"),
        "pull request 1: Fix https://x/1\n",
    ),
    (
        ArtifactCreated(path="a.txt", size_bytes=2048, sha256="0", media_type="text/plain"),
        "file a.txt (2,048 bytes)\n",
    ),
]
