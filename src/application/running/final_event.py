"""The final event of a task, from the outcome of its runner or the cause of its stop."""

from application.running.run_signals import Cancelled, LimitHit, ShutDown
from application.running.working_time import Taken
from domain.task_events import (
    FinalEvent,
    TaskCancelled,
    TaskComplete,
    TaskFailed,
    TaskInterrupted,
)
from domain.usage import Usage
from ports.runner import Completed, Failed, Outcome


def final_of_outcome(outcome: Outcome, *, taken: Taken, usage: Usage | None) -> FinalEvent:
    match outcome:
        case Completed():
            return TaskComplete(
                final_answer=outcome.final_answer,
                duration_ms=taken.duration_ms,
                waited_ms=taken.waited_ms,
                total_iterations=outcome.total_iterations,
                exit_code=outcome.exit_code,
                usage=usage,
            )
        case Failed():
            return TaskFailed(
                error=outcome.error,
                reason=outcome.reason,
                duration_ms=taken.duration_ms,
                waited_ms=taken.waited_ms,
                exit_code=outcome.exit_code,
            )


def final_of_stop(
    cause: Cancelled | ShutDown | LimitHit, *, attempt: int, taken: Taken
) -> FinalEvent:
    match cause:
        case Cancelled(intent):
            return TaskCancelled(
                reason=intent.reason,
                by=intent.by,
                duration_ms=taken.duration_ms,
                waited_ms=taken.waited_ms,
            )
        case ShutDown():
            return TaskInterrupted(reason="shutdown", attempt=attempt)
        case LimitHit():
            return TaskFailed(
                error=cause.message,
                reason=cause.reason,
                duration_ms=taken.duration_ms,
                waited_ms=taken.waited_ms,
            )
