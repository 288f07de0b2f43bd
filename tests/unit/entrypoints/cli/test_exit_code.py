"""The exit code of each outcome."""

from dataclasses import replace

import pytest

from domain.task import FINAL, TaskStatus
from domain.task_events import (
    FinalEvent,
    TaskCancelled,
    TaskComplete,
    TaskFailed,
    TaskInterrupted,
)
from entrypoints.cli.exit_code import code_of, code_of_command, code_of_status

COMPLETED = TaskComplete(final_answer="", duration_ms=1)
EXITED = TaskFailed(error="", reason="exit_code", duration_ms=1)
UNSTARTED = TaskFailed(error="", reason="start_failed", duration_ms=1, exit_code=127)
LATE = TaskFailed(error="", reason="timeout", duration_ms=1)
CANCELLED = TaskCancelled(reason="user", by="ann", duration_ms=1)
INTERRUPTED = TaskInterrupted(reason="worker_lost", attempt=1)


@pytest.mark.parametrize(
    ("event", "code"),
    [(COMPLETED, 0), (EXITED, 1), (LATE, 1), (CANCELLED, 3), (INTERRUPTED, 4)],
)
def test_the_exit_code_reports_how_the_task_ended(event: FinalEvent, code: int) -> None:
    assert code_of(event) == code


def test_a_status_gives_the_same_code_as_its_event() -> None:
    assert {status: code_of_status(status) for status in FINAL} == {
        TaskStatus.COMPLETED: 0,
        TaskStatus.FAILED: 1,
        TaskStatus.CANCELLED: 3,
        TaskStatus.INTERRUPTED: 4,
    }


@pytest.mark.parametrize(
    ("event", "exit_code", "signal", "code"),
    [
        (COMPLETED, 0, None, 0),
        (EXITED, 7, None, 7),
        (EXITED, None, 15, 143),
        (LATE, None, 9, 1),
        (CANCELLED, None, 2, 3),
        (INTERRUPTED, None, None, 4),
        (EXITED, None, None, 1),
        (UNSTARTED, None, None, 127),
        (replace(UNSTARTED, exit_code=None), None, None, 1),
    ],
)
def test_a_command_that_exited_by_itself_has_its_own_code(
    event: FinalEvent, exit_code: int | None, signal: int | None, code: int
) -> None:
    assert code_of_command(event, exit_code=exit_code, signal=signal) == code
