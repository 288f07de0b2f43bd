"""How the events that any task can have read."""

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
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.excerpt import excerpt, time_taken, usage_excerpt


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
