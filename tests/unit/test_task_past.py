"""What an attempt that was cut off has left to be ended."""

from datetime import UTC, datetime

import pytest

from application.conversation import NOT_MADE, UNKNOWN_OUTCOME
from application.task_past import TaskPast
from domain.approval import Decision
from domain.tool_events import (
    ApprovalRequired,
    ApprovalResolved,
    ToolCallComplete,
    ToolCallStart,
    ToolStatus,
)

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
