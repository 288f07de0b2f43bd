"""What the store knows of an earlier attempt's questions, and its events do not."""

from application.past_answers import PastAnswers
from application.task_past import TaskPast
from domain.approval import ApprovalDecision, StoredApproval
from domain.principal import LOCAL
from domain.reply import Reply
from domain.tool_events import (
    ApprovalRequired,
    InputReceived,
    InputRequired,
    ToolCallComplete,
    ToolCallStart,
)
from tests.asked import Asked

BLUE = Reply(text="blue", by="ann")
CANCELLED = ToolCallComplete(
    call_id="c1", tool_name="ask_user", status="error", result="", error="cancelled", duration_ms=1
)
YES = ApprovalDecision(decision="approved", by="ann", reason="mine")


async def test_an_approval_that_was_stored_is_known_and_another_is_withdrawn() -> None:
    asked = Asked()
    one, other = await asked.ask(), await asked.ask()
    await asked.store.decide(LOCAL, one.approval_id, YES)

    given = await recalled(asked, one)
    pending = await recalled(asked, other)

    assert given == {one.approval_id: YES}
    assert pending == {other.approval_id: ApprovalDecision(decision="expired", by="policy")}
    assert (await asked.store.get(LOCAL, other.approval_id)).status == "expired"


async def recalled(asked: Asked, approval: StoredApproval) -> dict[str, ApprovalDecision]:
    past = TaskPast()
    past.take(ToolCallStart(call_id="call_1", tool_name="shell", arguments={}))
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
    await PastAnswers(approvals=asked.store, questions=asked.question_store).recall(
        asked.tasks[approval.task_id], past
    )
    return past.decisions


async def test_words_that_came_after_the_call_was_cancelled_are_told_to_the_model() -> None:
    asked = Asked()
    task = asked.live_task(LOCAL)
    await asked.question_store.open(task.task_id, "c1")
    await asked.question_store.answer(task.task_id, BLUE)
    past = TaskPast()
    past.take(ToolCallStart(call_id="c1", tool_name="ask_user", arguments={}))
    past.take(InputRequired(prompt="Which?"))
    past.take(CANCELLED)

    await PastAnswers(approvals=asked.store, questions=asked.question_store).recall(task, past)

    assert (past.asking_call, past.reply) == ("c1", BLUE)
    assert past.endings() == [InputReceived(kind="message", by="ann")]
