"""How each event reads as a line for people."""

from dataclasses import dataclass
from typing import Literal

from domain.events import AgentEvent
from domain.process_events import (
    Extraction,
    Log,
    ProcessEvent,
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
    TaskEvent,
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
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    ThinkDelta,
    Thinking,
    ThinkingEvent,
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
    ToolEvent,
)
from domain.workspace_events import (
    ArtifactCreated,
    GitOperation,
    PrCreated,
    SandboxStatus,
    WorkspaceEvent,
)
from entrypoints.cli.views.excerpt import (
    amounts,
    arguments_excerpt,
    duration,
    excerpt,
    result_excerpt,
    time_taken,
    usage_excerpt,
)

LineStyle = Literal["text", "step", "tool", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """The text may come from an agent: make it safe for a terminal."""

    text: str
    style: LineStyle = "step"
    detail: str = ""


def process_line(event: ProcessEvent) -> EventLine | None:
    """None for output and for resource usage."""
    match event:
        case ProcessStarted(command=command, pid=pid, sandbox=sandbox):
            fence = "without a sandbox" if sandbox == "none" else f"in {sandbox}"
            return EventLine(text=f"$ {excerpt(command)} (pid {pid}, {fence})", style="tool")
        case ProcessExited():
            return _exit(event)
        case Extraction(rule=rule, value=value, line_num=line_num):
            return EventLine(text=f"{rule}: {excerpt(str(value))} (line {line_num})")
        case Raw(source=source, line=line):
            return EventLine(text=f"{source}: {excerpt(line)}")
        case SchemaDrift(source=source, what=what):
            text = f"{source} writes what is not known here: {excerpt(what)}"
            return EventLine(text=text, style="warn")
        case Log() | ResourceUsage():
            return None


def _exit(event: ProcessExited) -> EventLine:
    how = f"signal {event.signal}" if event.signal is not None else f"code {event.exit_code}"
    leaked = f", left behind and killed: {len(event.leaked_pids)}" if event.leaked_pids else ""
    if event.stopped:
        text = f"stayed when its turn was over, and was ended after {duration(event.duration_ms)}"
        return EventLine(text=text + leaked)
    text = f"ended with {how} after {duration(event.duration_ms)}{leaked}"
    return EventLine(text=text, style="step" if event.exit_code == 0 else "warn")


def task_line(event: TaskEvent) -> EventLine:
    match event:
        case TaskQueued(task=task, position=position):
            waits = position is not None and position > 1
            place = f" (number {position} in the queue)" if waits else ""
            return EventLine(text=f"queued{place}: {excerpt(task)}")
        case TaskStarted(agent_kind=kind, worker_id=worker):
            return EventLine(text=f"started ({kind}) by {worker}")
        case TaskAnalysis(action_name=name, goal=goal):
            return EventLine(text=f"{name}: {excerpt(goal)}")
        case Progress(message=message, percent=percent):
            share = "" if percent is None else f"{percent:.0f} % "
            return EventLine(text=f"{share}{excerpt(message)}")
        case TaskPaused(reason=reason):
            return EventLine(text=f"paused: {excerpt(reason)}", style="warn")
        case TaskResumed(by=by):
            return EventLine(text=f"resumed by {by}")
        case CancelRequested(by=by, mode=mode):
            return EventLine(text=f"cancel requested by {by} ({mode})", style="warn")
        case Error(message=message, phase=phase):
            return EventLine(text=f"error while {phase}: {excerpt(message)}", style="warn")
        case TaskComplete() | TaskFailed() | TaskCancelled() | TaskInterrupted():
            return final_line(event)


def final_line(event: TaskComplete | TaskFailed | TaskCancelled | TaskInterrupted) -> EventLine:
    match event:
        case TaskComplete(usage=usage):
            used = f", {usage_excerpt(usage)}" if usage else ""
            return EventLine(text=f"completed in {time_taken(event)}{used}", style="good")
        case TaskFailed(reason=reason, error=error):
            text = f"failed after {time_taken(event)} ({reason}): {excerpt(error)}"
            return EventLine(text=text, style="bad")
        case TaskCancelled(reason=cause, by=by):
            text = f"cancelled after {time_taken(event)} ({cause}) by {by}"
            return EventLine(text=text, style="warn")
        case TaskInterrupted(reason=why, attempt=attempt):
            return EventLine(text=f"interrupted in attempt {attempt} ({why})", style="bad")


def thinking_line(event: ThinkingEvent) -> EventLine | None:
    """None for deltas, and for events without interest to a reader."""
    match event:
        case PlanCreated(goal=goal, phases=phases):
            steps = "\n".join(f"{number}. {phase.name}" for number, phase in enumerate(phases, 1))
            return EventLine(text=f"plan: {excerpt(goal)}", detail=steps)
        case PhaseStart(phase_name=name):
            return EventLine(text=f"phase {excerpt(name)}")
        case PhaseComplete(phase_name=name):
            return EventLine(text=f"phase {excerpt(name)} is complete")
        case IterationStart(iteration=number, max_iterations=0):
            return EventLine(text=f"iteration {number}")
        case IterationStart(iteration=number, max_iterations=most):
            return EventLine(text=f"iteration {number} of at most {most}")
        case ThinkComplete(content=content) | Message(content=content):
            return EventLine(text=content, style="text") if content.strip() else None
        case TokenUsage():
            return EventLine(text=_usage(event))
        case Thinking() | ThinkDelta() | MessageDelta() | IterationComplete():
            return None


def _usage(event: TokenUsage) -> str:
    total = amounts(
        tokens=event.total_tokens,
        cost_usd=event.total_cost_usd,
        partial=event.partial is True,
    )
    return (
        f"{event.model}: {event.input_tokens:,} in, {event.output_tokens:,} out ({total} so far)"
    )


def tool_line(event: ToolEvent) -> EventLine | None:
    """None for streamed output, which the result repeats."""
    match event:
        case ToolCallStart(tool_name=name, arguments=arguments):
            return EventLine(text=f"→ {name}({arguments_excerpt(arguments)})", style="tool")
        case ToolCallComplete():
            return _result(event)
        case ApprovalRequired():
            return _question(event)
        case ApprovalResolved(decision=decision, by=by):
            return EventLine(text=f"{decision} by {by}")
        case InputRequired(prompt=prompt, choices=choices):
            among = f" ({excerpt(' | '.join(choices))})" if choices else ""
            return EventLine(text=f"input needed: {excerpt(prompt)}{among}", style="warn")
        case InputReceived(kind=kind, by=by):
            return EventLine(text=f"{kind} received from {by}")
        case ToolCallStream():
            return None


def _question(event: ApprovalRequired) -> EventLine:
    text = f"approval {event.approval_id} needed for {event.tool_name}: {excerpt(event.reason)}"
    return EventLine(text=text, style="warn", detail=arguments_excerpt(event.arguments))


def _result(event: ToolCallComplete) -> EventLine:
    cut = f", cut (all of it: {event.output_url})" if event.output_url else ""
    cut = cut or ", cut" * bool(event.truncated)
    why = f": {excerpt(event.error)}" if event.error else ""
    text = f"← {event.tool_name} {event.status} in {time_taken(event)}{cut}{why}"
    style: LineStyle = "tool" if event.status == "ok" else "warn"
    return EventLine(text=text, style=style, detail=result_excerpt(event.result))


def workspace_line(event: WorkspaceEvent) -> EventLine:
    match event:
        case SandboxStatus(kind=kind, status=status, message=message):
            why = f": {excerpt(message)}" if message else ""
            return EventLine(text=f"sandbox {kind} {status}{why}")
        case GitOperation(operation=operation, status=status, message=message, progress=share):
            percent = "" if share is None else f" {share:.0f} %"
            state = status.replace("_", " ")
            return EventLine(text=f"git {operation} {state}{percent}: {excerpt(message)}")
        case PrCreated(pr_number=number, title=title, pr_url=url):
            return EventLine(text=f"pull request {number}: {excerpt(title)} {url}", style="good")
        case ArtifactCreated(path=path, size_bytes=size):
            return EventLine(text=f"file {path} ({size:,} bytes)")


def line_of(event: AgentEvent) -> EventLine | None:
    if isinstance(event, TaskEvent):
        return task_line(event)
    if isinstance(event, ThinkingEvent):
        return thinking_line(event)
    if isinstance(event, ToolEvent):
        return tool_line(event)
    if isinstance(event, ProcessEvent):
        return process_line(event)
    return workspace_line(event)
