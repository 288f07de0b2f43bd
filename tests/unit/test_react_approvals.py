"""The ReAct agent asks before it does what it should not do alone."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.ids import AgentName
from domain.task import Approval
from domain.tool_events import ToolCallComplete
from ports.language_model import TextDelta
from ports.runner import Completed
from ports.tool import ToolContext, ToolResult
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    FakeTool,
    ok,
    react_runner,
    react_task,
    tool_call,
)

NO = ApprovalDecision(decision="denied", by="alice", reason="not today")


def context_of(decision: ApprovalDecision, **approvals: Approval) -> FakeContext:
    profile = AgentProfile(name=AgentName("react"), kind="react", approvals=approvals)
    return FakeContext(profile=profile, decision=decision)


def model() -> FakeModel:
    return FakeModel([tool_call("rm", path="x")], [TextDelta(text="done")])


async def test_a_call_that_is_denied_is_not_made_and_the_agent_goes_on() -> None:
    context, asking = context_of(NO, rm="ask"), model()

    outcome = await react_runner(asking, FakeTool("rm", ok)).run(react_task(), context)

    assert outcome == Completed(final_answer="done", total_iterations=2)
    [complete] = [event for event in context.events if isinstance(event, ToolCallComplete)]
    assert (complete.status, complete.result) == ("denied", "")
    told = asking.requests[1].messages[-1].content
    assert told == "Error: this call was not allowed (denied by alice): not today"


async def test_a_call_is_made_when_the_log_holds_that_it_may_be() -> None:
    steps: list[str] = []

    class RecordingContext(FakeContext):
        async def approve(
            self,
            request: ApprovalRequest,
            *,
            asked: StoredApproval | None = None,
            is_withdrawn: Callable[[], bool] = lambda: False,
        ) -> ApprovalDecision:
            steps.append("approved")
            return await super().approve(request)

        async def recorded(self) -> None:
            steps.append("recorded")

    async def remove(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        steps.append("made")
        return ToolResult(content="")

    yes = ApprovalDecision(decision="approved", by="alice")
    profile = context_of(yes, rm="ask").profile

    await react_runner(model(), FakeTool("rm", remove)).run(
        react_task(), RecordingContext(profile=profile, decision=yes)
    )

    assert steps == ["recorded", "approved", "recorded", "made"]


async def test_a_call_that_is_approved_is_made_as_it_was_shown() -> None:
    context = context_of(ApprovalDecision(decision="approved", by="alice"), rm="ask")

    await react_runner(model(), FakeTool("rm", ok)).run(react_task(), context)

    [complete] = [event for event in context.events if isinstance(event, ToolCallComplete)]
    assert complete.status == "ok"
    assert context.asked == [
        ApprovalRequest(
            call_id=complete.call_id,
            tool_name="rm",
            arguments={"path": "x"},
            reason="the agent wants to use rm",
            mode="ask",
        )
    ]


@pytest.mark.parametrize("asked", [None, "auto"])
async def test_where_nobody_minds_nobody_is_asked(asked: Approval | None) -> None:
    context = context_of(NO, other="ask")

    await react_runner(model(), FakeTool("rm", ok), FakeTool("other", ok)).run(
        replace(react_task(), approval=asked), context
    )

    assert context.asked == []


async def test_a_task_may_ask_for_more_than_its_agent_does() -> None:
    context = context_of(NO)

    await react_runner(model(), FakeTool("rm", ok)).run(
        replace(react_task(), approval="ask"), context
    )

    assert [request.mode for request in context.asked] == ["ask"]
