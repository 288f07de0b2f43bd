import pytest

from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.messages import ProtocolError
from adapters.acp.permissions import Permissions
from adapters.acp.session_updates import SessionUpdates
from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest, Decision
from domain.ids import AgentName
from domain.task import Approval
from tests.fakes import FakeClock
from tests.process_fakes import RecordingContext


class _Decided(RecordingContext):
    decision: Decision = "approved"

    async def decide(self, request: ApprovalRequest) -> ApprovalDecision:
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
async def test_the_narrowest_option_of_the_decision_is_selected(
    decision: Decision, kinds: tuple[str, ...], picked: str | None
) -> None:
    context = _Decided(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    context.decision = decision
    permissions = Permissions(
        context, updates=SessionUpdates(FakeClock(), model="m"), rules=ApprovalRules()
    )

    answer = await permissions.answer(
        {"options": [{"optionId": kind, "name": kind, "kind": kind} for kind in kinds]}
    )

    chosen = {"outcome": "selected", "optionId": picked} if picked else {"outcome": "cancelled"}
    assert answer == {"outcome": chosen}


async def test_a_question_after_the_run_was_stopped_is_cancelled() -> None:
    context = _Decided(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    permissions = Permissions(
        context, updates=SessionUpdates(FakeClock(), model="m"), rules=ApprovalRules()
    )

    permissions.cancel_all()

    assert await permissions.answer({}) == {"outcome": {"outcome": "cancelled"}}


@pytest.mark.parametrize(
    ("rules", "asked", "mode"),
    [
        ({}, None, "auto"),
        ({}, "deny", "deny"),
        ({"default": "ask"}, None, "ask"),
        ({"edit": "deny", "default": "ask"}, "auto", "deny"),
        ({"edit": "deny", "replace": "ask"}, None, "ask"),
        ({"edit": "auto"}, "ask", "ask"),
        ({"execute": "deny"}, None, "auto"),
    ],
)
async def test_a_question_is_answered_by_the_rules_for_its_tool_and_its_kind(
    rules: dict[str, Approval], asked: Approval | None, mode: Approval
) -> None:
    context = _Decided(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    updates = SessionUpdates(FakeClock(), model="m")
    updates.accepts_updates = True
    approvals = ApprovalRules(rules=rules, asked=asked)
    permissions = Permissions(context, updates=updates, rules=approvals)
    call = {"toolCallId": "c1", "kind": "edit", "name": "replace", "title": "Edit a.txt"}

    list(updates.permission_requested({"toolCall": call}))
    await permissions.answer({"toolCall": call, "options": []})

    assert [request.mode for request in context.asked] == [mode]


def _asks(rules: ApprovalRules) -> tuple[_Decided, SessionUpdates, Permissions]:
    context = _Decided(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    updates = SessionUpdates(FakeClock(), model="m", rules=rules)
    updates.accepts_updates = True
    return context, updates, Permissions(context, updates=updates, rules=rules)


@pytest.mark.parametrize(
    ("rules", "kind", "questions"),
    [
        (ApprovalRules(), "edit", 0),
        (ApprovalRules(asked="ask"), "read", 0),
        (ApprovalRules(asked="ask"), "edit", 1),
        (ApprovalRules(asked="ask", has_flags=True), "edit", 1),
        (ApprovalRules(rules={"read": "ask"}), "read", 1),
        (ApprovalRules(rules={"fs/x": "ask"}), "read", 1),
    ],
)
async def test_requests_to_the_server_follow_the_approval_rules(
    rules: ApprovalRules, kind: str, questions: int
) -> None:
    context, _, permissions = _asks(rules)

    await permissions.require("fs/x", {"path": "/a"}, kind=kind, subject="/a")

    assert len(context.asked) == questions


@pytest.mark.parametrize(("path", "questions"), [("/w/a.txt", 1), ("/w/b.txt", 2)])
async def test_an_approved_argument_is_not_asked_about_again(path: str, questions: int) -> None:
    context, updates, permissions = _asks(ApprovalRules(asked="ask"))
    call = {"toolCallId": "c1", "kind": "edit", "locations": [{"path": "/w/a.txt"}]}
    list(updates.permission_requested({"toolCall": call}))
    await permissions.answer({"toolCall": call, "options": []})

    await permissions.require("fs/write_text_file", {"path": path}, kind="edit", subject=path)

    assert len(context.asked) == questions
    await permissions.require("fs/write_text_file", {"path": path}, kind="edit", subject=path)
    assert len(context.asked) == questions + 1


async def test_an_argument_changed_after_the_approval_is_asked_about() -> None:
    context, updates, permissions = _asks(ApprovalRules(asked="ask"))
    call = {"toolCallId": "c1", "kind": "execute", "rawInput": {"command": "ls"}}
    list(updates.permission_requested({"toolCall": call}))
    await permissions.answer({"toolCall": call, "options": []})
    other = {"command": "rm -r x"}
    changed = {"sessionUpdate": "tool_call_update", "toolCallId": "c1", "rawInput": other}
    list(updates.read({"update": changed}, line=""))

    await permissions.require("terminal/create", {**other}, kind="execute", subject="rm -r x")

    assert len(context.asked) == 2


async def test_a_call_whose_file_was_asked_about_needs_no_question_of_its_own() -> None:
    _, updates, permissions = _asks(ApprovalRules(asked="ask"))
    call = {"sessionUpdate": "tool_call", "toolCallId": "c1", "kind": "edit", "rawInput": "/a"}
    list(updates.read({"update": call}, line=""))

    await permissions.require("fs/write_text_file", {"path": "/a"}, kind="edit", subject="/a")
    done = list(updates.read({"update": {**call, "status": "completed"}}, line=""))

    assert len(done) == 1


async def test_a_denied_request_is_not_carried_out() -> None:
    context, _, permissions = _asks(ApprovalRules(asked="ask"))
    context.decision = "denied"

    with pytest.raises(ProtocolError, match="'/a' was not allowed"):
        await permissions.require("fs/write_text_file", {"path": "/a"}, kind="edit", subject="/a")
