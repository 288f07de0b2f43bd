"""What an attempt that was cut off has left to be ended."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import pytest

from application.recall.conversation import NOT_MADE, UNANSWERED, UNKNOWN_OUTCOME
from application.recall.plan import PlanProgress
from application.recall.prior_attempts import PriorAttempts
from domain.approval import ApprovalDecision, Decision
from domain.events import AgentEvent
from domain.plan import PhaseStatus, Plan, PlanPhase
from domain.task_events import Progress
from domain.task_input import Reply
from domain.thinking_events import PhaseComplete, PhaseStart, PlanCreated
from domain.tool_events import (
    ApprovalRequired,
    ApprovalResolved,
    InputReceived,
    InputRequired,
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
ASKED = ToolCallStart(call_id="c2", tool_name="ask_user", arguments={})
RECEIVED = InputReceived(kind="message", by="ann")


def lost(status: ToolStatus, error: str) -> ToolCallComplete:
    return ToolCallComplete(
        call_id="c1", tool_name="shell", status=status, result="", error=error, duration_ms=0
    )


def test_a_call_that_still_waited_for_its_approval_was_not_made() -> None:
    past = PriorAttempts()
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
    past = PriorAttempts()
    past.take(START)
    past.take(QUESTION)
    past.take(ApprovalResolved(approval_id="a1", decision=decision, by="local"))

    assert past.endings() == [end]


@pytest.mark.parametrize("decision", ["approved", "denied", "expired"])
def test_an_answer_that_only_the_store_has_is_emitted_and_the_call_was_not_made(
    decision: Decision,
) -> None:
    past = PriorAttempts()
    past.take(START)
    past.take(QUESTION)
    past.decisions["a1"] = ApprovalDecision(decision=decision, by="ann", reason="mine")

    assert past.endings() == [
        ApprovalResolved(approval_id="a1", decision=decision, by="ann", reason="mine"),
        lost("error", NOT_MADE),
    ]


@pytest.mark.parametrize("was_emitted", [True, False])
def test_the_answer_to_a_question_is_the_result_of_the_call_that_asked(was_emitted: bool) -> None:
    past = PriorAttempts()
    past.take(ASKED)
    past.take(InputRequired(prompt="Which?"))
    if was_emitted:
        past.take(RECEIVED)
    past.asking_call, past.reply = "c2", Reply(text="blue", by="ann")

    answered = ToolCallComplete(
        call_id="c2", tool_name="ask_user", status="ok", result="blue", duration_ms=0
    )
    assert past.endings() == ([answered] if was_emitted else [RECEIVED, answered])


def test_a_question_that_nobody_answered_is_to_be_asked_again() -> None:
    past = PriorAttempts()
    past.take(ASKED)
    past.take(InputRequired(prompt="Which?"))
    past.asking_call = "c2"

    assert past.endings() == [
        replace(lost("error", UNANSWERED), call_id="c2", tool_name="ask_user")
    ]


async def test_a_plan_that_was_emitted_before_is_continued() -> None:
    past, context = PriorAttempts(), FakeContext()
    first = FakeContext()
    await PlanProgress(first).update(plan("in_progress"))
    for event in first.events:
        past.take(event)

    await PlanProgress(context, emitted=past.plan).update(plan("completed"))

    assert context.events == [
        PhaseComplete(phase_id="a", phase_name="look"),
        Progress(message="1 of 1 phases are complete", percent=100.0),
    ]


async def test_how_much_of_a_plan_is_done_is_known_to_the_next_attempt() -> None:
    two = (
        PlanPhase(id="a", name="look", status="completed"),
        PlanPhase(id="b", name="act", status="pending"),
    )
    past, first = PriorAttempts(), FakeContext()
    progress = PlanProgress(first)
    before = progress.percent
    await progress.update(Plan(goal="all of it", phases=two))
    for event in first.events:
        past.take(event)

    again = PlanProgress(FakeContext(), emitted=past.plan)

    assert (before, progress.percent, again.percent) == (None, 50.0, 50.0)


def plan(status: PhaseStatus) -> Plan:
    return Plan(goal="all of it", phases=(PlanPhase(id="a", name="look", status=status),))


async def test_of_two_plans_in_one_answer_the_first_is_emitted_before_the_second() -> None:
    context = SlowContext()
    progress = PlanProgress(context)
    other = replace(plan("in_progress"), goal="another")

    await asyncio.gather(progress.update(plan("in_progress")), progress.update(other))

    kinds = [type(event) for event in context.events]
    assert kinds == [PlanCreated, PhaseStart, PlanCreated]


class SlowContext(FakeContext):
    async def emit(self, event: AgentEvent) -> None:
        await anyio.lowlevel.checkpoint()
        await super().emit(event)
