"""The state machine of a task, and what events do to it."""

from typing import get_args

import pytest

from domain.events import EVENT_CLASSES, event_type
from domain.task import FINAL, LIVE, CancelIntent, TaskResult, TaskStatus
from domain.task_change import TaskChange, change_of
from domain.task_events import (
    FinalEvent,
    TaskCancelled,
    TaskComplete,
    TaskFailed,
    TaskInterrupted,
    TaskPaused,
    TaskResumed,
)
from domain.thinking_events import Thinking
from domain.usage import Usage


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nothing_follows_an_end(status: TaskStatus) -> None:
    assert not any(status.may_become(other) for other in TaskStatus)


@pytest.mark.parametrize("status", sorted(LIVE))
def test_a_live_task_may_end_in_every_way(status: TaskStatus) -> None:
    assert all(status.may_become(end) for end in FINAL)


def test_a_queued_task_cannot_end_well_without_running() -> None:
    assert not TaskStatus.QUEUED.may_become(TaskStatus.COMPLETED)
    assert not TaskStatus.QUEUED.may_become(TaskStatus.FAILED)


@pytest.mark.parametrize("status", TaskStatus)
def test_what_may_precede_a_status_is_what_it_may_follow(status: TaskStatus) -> None:
    assert status.former == {other for other in TaskStatus if other.may_become(status)}


def test_only_a_kill_adds_to_a_graceful_cancel() -> None:
    graceful = CancelIntent(mode="graceful", reason="user", by="local")
    kill = CancelIntent(mode="kill", reason="user", by="local")

    assert graceful.adds_to(None)
    assert kill.adds_to(graceful)
    assert not any(later.adds_to(kill) for later in (graceful, kill))
    assert not graceful.adds_to(graceful)


def test_each_final_event_brings_its_status_reason_and_usage() -> None:
    usage = Usage(input_tokens=1, output_tokens=2, total_tokens=3)

    assert [
        change_of(TaskComplete(final_answer="4", duration_ms=1, exit_code=0), usage),
        change_of(TaskFailed(error="no", reason="timeout", duration_ms=1), usage),
        change_of(TaskCancelled(reason="user", by="local", duration_ms=1), usage),
        change_of(TaskInterrupted(reason="shutdown", attempt=1), usage),
    ] == [
        TaskChange(
            status=TaskStatus.COMPLETED,
            result=TaskResult(final_answer="4", exit_code=0),
            usage=usage,
        ),
        TaskChange(
            status=TaskStatus.FAILED, reason="timeout", result=TaskResult(error="no"), usage=usage
        ),
        TaskChange(status=TaskStatus.CANCELLED, reason="user", usage=usage),
        TaskChange(status=TaskStatus.INTERRUPTED, reason="shutdown", usage=usage),
    ]


def test_a_pause_and_what_ends_it_change_the_status() -> None:
    assert change_of(TaskPaused(reason="user")) == TaskChange(status=TaskStatus.PAUSED)
    assert change_of(TaskResumed(by="local")) == TaskChange(status=TaskStatus.RUNNING)


def test_most_events_leave_the_status_as_it_is() -> None:
    assert change_of(Thinking(iteration=1, message_count=2)) is None


def test_only_final_events_free_a_session() -> None:
    names = {event_type(cls) for cls in get_args(FinalEvent)}

    assert names == {"task_complete", "task_failed", "task_cancelled", "task_interrupted"}
    assert names < set(EVENT_CLASSES)
