"""The exit codes of the command, which report how a task ended."""

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
    """Ctrl-C without a task to cancel, or pressed a third time."""
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
    """For a task whose final event was not received."""
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
    """The exit code of the command itself, as in a shell, unless the task was cancelled or failed."""
    if not _is_own_exit(event):
        return code_of(event)
    if signal is not None:
        return 128 + signal
    code = event.exit_code if exit_code is None else exit_code
    return code_of(event) if code is None else code


def _is_own_exit(event: FinalEvent) -> TypeGuard[TaskComplete | TaskFailed]:
    if isinstance(event, TaskFailed):
        return event.reason in ("exit_code", "start_failed")
    return isinstance(event, TaskComplete)
