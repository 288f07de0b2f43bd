"""What the command's exit code says about the task."""

from enum import IntEnum
from typing import TypeGuard

from domain.task import TaskStatus
from domain.task_events import (
    FinalEvent,
    TaskCancelled,
    TaskComplete,
    TaskFailed,
    TaskInterrupted,
)


class ExitCode(IntEnum):
    COMPLETED = 0
    FAILED = 1
    USAGE = 2
    CANCELLED = 3
    INTERRUPTED = 4
    UNREACHABLE = 5
    STOPPED_WATCHING = 130
    """Ctrl-C where there is no task to cancel, or a third one."""
    PIPE_CLOSED = 141


def code_of(event: FinalEvent) -> int:
    match event:
        case TaskComplete():
            return ExitCode.COMPLETED
        case TaskFailed():
            return ExitCode.FAILED
        case TaskCancelled():
            return ExitCode.CANCELLED
        case TaskInterrupted():
            return ExitCode.INTERRUPTED


def code_of_status(status: TaskStatus) -> int:
    """For a task whose final event was not seen."""
    match status:
        case TaskStatus.FAILED:
            return ExitCode.FAILED
        case TaskStatus.CANCELLED:
            return ExitCode.CANCELLED
        case TaskStatus.INTERRUPTED:
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.COMPLETED


def code_of_command(event: FinalEvent, *, exit_code: int | None, signal: int | None) -> int:
    """The command's own code where it ended by itself or never began, as a shell gives it."""
    if not _is_the_commands_own(event):
        return code_of(event)
    if signal is not None:
        return 128 + signal
    code = event.exit_code if exit_code is None else exit_code
    return code_of(event) if code is None else code


def _is_the_commands_own(event: FinalEvent) -> TypeGuard[TaskComplete | TaskFailed]:
    if isinstance(event, TaskFailed):
        return event.reason in ("exit_code", "start_failed")
    return isinstance(event, TaskComplete)
