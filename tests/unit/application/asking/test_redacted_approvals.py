"""A question for approval is stored without secrets, and its answer is for what was asked."""

from adapters.memory.wakeups import MemoryWakeups
from application.asking.approval_gate import ApprovalGate
from domain.approval import ApprovalDecision, ApprovalRequest
from domain.events import AgentEvent
from domain.ids import ApprovalId
from domain.principal import LOCAL
from domain.redaction import Redactor
from domain.tool_events import ApprovalRequired
from tests.approval_fakes import FakeApprovals

REQUEST = ApprovalRequest(
    call_id="c", tool_name="shell", arguments={"command": "echo top-secret"}, reason="top-secret"
)


async def test_what_is_asked_is_stored_and_shown_without_secrets() -> None:
    asked, emitted = FakeApprovals(), list[AgentEvent]()
    gate = ApprovalGate(store=asked.store, wakeups=MemoryWakeups(), ids=asked.ids, expires_s=900.0)

    async def emit(event: AgentEvent) -> None:
        emitted.append(event)

    decision = await gate.ask(
        asked.live_task(LOCAL), REQUEST, redactor=Redactor(["top-secret"]), emit=emit
    )

    assert decision == ApprovalDecision(decision="approved", by="policy")
    question = next(event for event in emitted if isinstance(event, ApprovalRequired))
    stored = await asked.store.get(LOCAL, ApprovalId(question.approval_id))
    assert stored.request.arguments == question.arguments == {"command": "echo [redacted]"}
    assert stored.request.reason == question.reason == "[redacted]"
