"""The closed union of events, and the names they go by."""

from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from domain.events import EVENT_CLASSES, AgentEvent, event_type
from domain.process_events import ResourceUsage
from domain.task_events import Progress, TaskQueued
from domain.thinking_events import TokenUsage
from domain.tool_events import ToolCallStart
from domain.usage import Usage
from domain.workspace_events import GitOperation

INFINITE = float("inf")
NAN = float("nan")


def test_every_event_has_the_name_the_wire_promises() -> None:
    assert set(EVENT_CLASSES) == {
        "approval_required",
        "approval_resolved",
        "artifact_created",
        "cancel_requested",
        "error",
        "extraction",
        "git_operation",
        "input_received",
        "input_required",
        "iteration_complete",
        "iteration_start",
        "log",
        "message",
        "message_delta",
        "phase_complete",
        "phase_start",
        "plan_created",
        "pr_created",
        "process_exited",
        "process_started",
        "progress",
        "raw",
        "resource_usage",
        "sandbox_status",
        "schema_drift",
        "task_analysis",
        "task_cancelled",
        "task_complete",
        "task_failed",
        "task_interrupted",
        "task_paused",
        "task_queued",
        "task_resumed",
        "task_started",
        "think_complete",
        "think_delta",
        "thinking",
        "token_usage",
        "tool_call_complete",
        "tool_call_start",
        "tool_call_stream",
    }


def test_each_class_is_found_by_its_name() -> None:
    assert {EVENT_CLASSES[event_type(cls)] for cls in get_args(AgentEvent)} == set(
        get_args(AgentEvent)
    )


def test_an_event_cannot_be_changed() -> None:
    progress = Progress(message="half way", percent=50)

    with pytest.raises(FrozenInstanceError):
        setattr(progress, "percent", 60)  # noqa: B010  # a plain assignment would not type-check


@pytest.mark.parametrize("number", [INFINITE, -INFINITE, NAN])
def test_a_number_that_json_cannot_hold_is_refused_where_the_event_is_built(
    number: float,
) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        ResourceUsage(cpu_percent=number, rss_bytes=1, processes=1)
    with pytest.raises(ValueError, match="not a finite number"):
        ToolCallStart(call_id="c", tool_name="t", arguments={"deep": [{"er": (1.0, number)}]})
    with pytest.raises(ValueError, match="not a finite number"):
        TaskQueued(task="t", metadata={"n": number})
    with pytest.raises(ValueError, match="not a finite number"):
        GitOperation(operation="push", status="started", message="m", progress=number)
    with pytest.raises(ValueError, match="not a finite number"):
        TokenUsage(model="m", input_tokens=1, output_tokens=1, total_tokens=2, cost_usd=number)
    with pytest.raises(ValueError, match="not a finite number"):
        Usage(cost_usd=number)


@pytest.mark.parametrize("percent", [-0.1, 100.1])
def test_progress_is_a_part_of_a_hundred(percent: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        Progress(message="m", percent=percent)
    with pytest.raises(ValueError, match="between 0 and 100"):
        GitOperation(operation="push", status="in_progress", message="m", progress=percent)
