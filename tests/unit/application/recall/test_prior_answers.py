"""Answers to an earlier attempt's questions that are in the store, but not in its events."""

from application.asking.fingerprint import fingerprint
from application.recall.prior_answers import PriorAnswers
from application.recall.prior_attempts import PriorAttempts, WaitingCall
from domain.approval import ApprovalDecision, StoredApproval
from domain.principal import LOCAL
from domain.task_input import Reply
from domain.tool_events import (
    ApprovalRequired,
    InputReceived,
    InputRequired,
    ToolCallComplete,
    ToolCallStart,
)
from tests.approval_fakes import FakeApprovals

BLUE = Reply(text="blue", by="ann")
CANCELLED = ToolCallComplete(
    call_id="c1", tool_name="ask_user", status="error", result="", error="cancelled", duration_ms=1
)
YES = ApprovalDecision(decision="approved", by="ann", reason="mine")


async def test_a_question_stays_for_the_call_that_it_was_asked_for() -> None:
    asked = FakeApprovals()
    approval = await asked.ask(mark=fingerprint("shell", {"command": "ls"}))
    start = ToolCallStart(call_id="call_1", tool_name="shell", arguments={"command": "ls"})

    past = await past_of(asked, approval, start)

    assert past.waiting == WaitingCall(start=start, question=approval)
    assert past.endings() == []
    assert (await asked.store.get(LOCAL, approval.approval_id)).status == "pending"


async def test_where_the_call_is_not_known_any_more_an_answer_is_and_a_question_is_withdrawn() -> (
    None
):
    asked = FakeApprovals()
    one, other = await asked.ask(), await asked.ask()
    await asked.store.decide(LOCAL, one.approval_id, YES)

    masked = ToolCallStart(call_id="call_1", tool_name="shell", arguments={"command": "***"})
    given = await past_of(asked, one, masked)
    pending = await past_of(asked, other, masked)

    assert given.decisions == {one.approval_id: YES}
    assert pending.decisions == {
        other.approval_id: ApprovalDecision(decision="expired", by="policy")
    }
    assert (given.waiting, pending.waiting) == (None, None)
    assert (await asked.store.get(LOCAL, other.approval_id)).status == "expired"


async def past_of(
    asked: FakeApprovals, approval: StoredApproval, start: ToolCallStart
) -> PriorAttempts:
    past = PriorAttempts()
    past.take(start)
    past.take(
        ApprovalRequired(
            approval_id=approval.approval_id,
            call_id="call_1",
            tool_name="shell",
            arguments={},
            reason="",
            expires_at=approval.expires_at,
        )
    )
    await PriorAnswers(approvals=asked.store, questions=asked.question_store).recall(
        asked.tasks[approval.task_id], past
    )
    return past


async def test_an_answer_that_came_after_the_call_was_cancelled_reaches_the_model() -> None:
    asked = FakeApprovals()
    task = asked.live_task(LOCAL)
    await asked.question_store.open(task.task_id, "c1")
    await asked.question_store.answer(task.task_id, BLUE)
    past = PriorAttempts()
    past.take(ToolCallStart(call_id="c1", tool_name="ask_user", arguments={}))
    past.take(InputRequired(prompt="Which?"))
    past.take(CANCELLED)

    await PriorAnswers(approvals=asked.store, questions=asked.question_store).recall(task, past)

    assert (past.asking_call, past.reply) == ("c1", BLUE)
    assert past.endings() == [InputReceived(kind="message", by="ann")]
