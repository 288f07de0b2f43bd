"""What an event does to the status of its task; the event log applies it with the append."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from domain.events import AgentEvent
from domain.extraction import Captured
from domain.json_values import without_surrogates
from domain.process_events import ProcessEvent
from domain.task import EndReason, TaskResult, TaskStatus
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
from domain.thinking_events import ThinkingEvent
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
from domain.workspace_events import WorkspaceEvent

_CHANGING_NOTHING = frozenset(get_args(ThinkingEvent | ProcessEvent | WorkspaceEvent))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    status: TaskStatus
    reason: EndReason | None = None
    result: TaskResult | None = None
    usage: Usage | None = None


def change_of(
    event: AgentEvent,
    usage: Usage | None = None,
    extractions: Mapping[str, Captured] | None = None,
) -> TaskChange | None:
    """The change an event makes, or None for the many that make none.

    `usage` is what the task has used so far, `extractions` what each rule found last; they are
    kept with a final change.
    """
    if type(event) in _CHANGING_NOTHING:  # nearly all; to ask for each class takes a while
        return None
    if isinstance(event, ThinkingEvent | ProcessEvent | WorkspaceEvent):
        return None
    match event:
        case TaskComplete():
            result = TaskResult(
                final_answer=without_surrogates(event.final_answer),
                exit_code=event.exit_code,
                extractions=extractions,
            )
            spent = event.usage or usage
            return TaskChange(status=TaskStatus.COMPLETED, result=result, usage=spent)
        case TaskFailed():
            result = TaskResult(
                exit_code=event.exit_code,
                error=without_surrogates(event.error),
                extractions=extractions,
            )
            return TaskChange(
                status=TaskStatus.FAILED, reason=event.reason, result=result, usage=usage
            )
        case TaskCancelled() | TaskInterrupted():
            is_cancelled = isinstance(event, TaskCancelled)
            return TaskChange(
                status=TaskStatus.CANCELLED if is_cancelled else TaskStatus.INTERRUPTED,
                reason=event.reason,
                result=TaskResult(extractions=extractions) if extractions else None,
                usage=usage,
            )
        case TaskPaused():
            return TaskChange(status=TaskStatus.PAUSED)
        case ApprovalRequired() | InputRequired():
            return TaskChange(status=TaskStatus.WAITING)
        case TaskResumed() | ApprovalResolved() | InputReceived():
            return TaskChange(status=TaskStatus.RUNNING)
        case (
            TaskQueued()
            | TaskStarted()
            | TaskAnalysis()
            | Progress()
            | CancelRequested()
            | Error()
        ):
            return None
        case ToolCallStart() | ToolCallStream() | ToolCallComplete():
            return None
