import pytest

from adapters.acp.permissions import Permissions
from adapters.acp.session_updates import SessionUpdates
from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest, Decision, StoredApproval
from domain.ids import AgentName
from tests.fakes import FakeClock
from tests.process_fakes import RecordingContext


class _Decided(RecordingContext):
    decision: Decision = "approved"

    def is_kept(self, call_id: str) -> bool:
        return False

    async def approve(
        self, request: ApprovalRequest, *, asked: StoredApproval | None = None
    ) -> ApprovalDecision:
        return ApprovalDecision(decision=self.decision, by="alice")


@pytest.mark.parametrize(
    ("decision", "kinds", "picked"),
    [
        ("approved", ("allow_always", "allow_once", "reject_once"), "allow_once"),
        ("approved", ("allow_always", "reject_once"), "allow_always"),
        ("approved", ("reject_once",), None),
        ("denied", ("allow_once", "reject_always", "reject_once"), "reject_once"),
        ("expired", ("allow_once", "reject_always"), "reject_always"),
        ("denied", ("allow_once",), None),
    ],
)
async def test_the_option_that_says_no_more_than_the_answer_is_picked(
    decision: Decision, kinds: tuple[str, ...], picked: str | None
) -> None:
    context = _Decided(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    context.decision = decision
    permissions = Permissions(context, updates=SessionUpdates(FakeClock(), model="m"))

    answer = await permissions.answer(
        {"options": [{"optionId": kind, "name": kind, "kind": kind} for kind in kinds]}
    )

    chosen = {"outcome": "selected", "optionId": picked} if picked else {"outcome": "cancelled"}
    assert answer == {"outcome": chosen}


async def test_a_question_after_the_run_was_stopped_is_cancelled() -> None:
    context = _Decided(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    permissions = Permissions(context, updates=SessionUpdates(FakeClock(), model="m"))

    permissions.give_up()

    assert await permissions.answer({}) == {"outcome": {"outcome": "cancelled"}}
