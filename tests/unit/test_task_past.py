"""What an attempt that was cut off has left to be ended."""

from datetime import UTC, datetime

import pytest

from application.conversation import NOT_MADE, UNKNOWN_OUTCOME
from application.react_plan import PlanProgress
from application.task_past import TaskPast
from domain.approval import Decision
from domain.plan import PhaseStatus, Plan, PlanPhase
from domain.thinking_events import PhaseComplete
from domain.tool_events import (
    ApprovalRequired,
    ApprovalResolved,
    ToolCallComplete,
    ToolCallStart,
    ToolStatus,
)
from tests.react_fakes import FakeContext

START = ToolCallStart(call_id="c1", tool_name="shell", arguments={})
QUESTION = ApprovalRequired(
    approval_id="a1",
    call_id="c1",
    tool_name="shell",
    arguments={},
    reason="",
    expires_at=datetime(2026, 11, 21, tzinfo=UTC),
)


def lost(status: ToolStatus, error: str) -> ToolCallComplete:
    return ToolCallComplete(
        call_id="c1", tool_name="shell", status=status, result="", error=error, duration_ms=0
    )


def test_a_call_that_still_waited_for_its_approval_was_not_made() -> None:
    past = TaskPast()
    past.take(START)
    past.take(QUESTION)

    assert past.endings() == [
        ApprovalResolved(approval_id="a1", decision="expired", by="policy"),
        lost("error", NOT_MADE),
    ]


@pytest.mark.parametrize(
    ("decision", "end"),
    [
        ("approved", lost("outcome_unknown", UNKNOWN_OUTCOME)),
        ("denied", lost("error", NOT_MADE)),
    ],
)
def test_only_a_call_that_was_allowed_may_have_been_made(
    decision: Decision, end: ToolCallComplete
) -> None:
    past = TaskPast()
    past.take(START)
    past.take(QUESTION)
    past.take(ApprovalResolved(approval_id="a1", decision=decision, by="local"))

    assert past.endings() == [end]


async def test_a_plan_that_was_told_before_is_gone_on_with() -> None:
    past, context = TaskPast(), FakeContext()
    first = FakeContext()
    await PlanProgress(first).update(plan("in_progress"))
    for event in first.events:
        past.take(event)

    await PlanProgress(context, told=past.plan).update(plan("completed"))

    assert context.events == [PhaseComplete(phase_id="a", phase_name="look")]


def plan(status: PhaseStatus) -> Plan:
    return Plan(goal="all of it", phases=(PlanPhase(id="a", name="look", status=status),))
