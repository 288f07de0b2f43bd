"""The ReAct agent asks before it does what it should not do alone."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import anyio
import pytest

from application.recall.conversation import NOT_MADE, UNANSWERED
from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.ids import AgentName
from domain.task import Approval
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.language_model import TextDelta
from ports.runner import Completed
from ports.tool import ToolContext, ToolResult
from tests.patience import PATIENCE_S
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
    result = asking.requests[1].messages[-1].content
    assert result == "Error: this call was not allowed (denied by alice): not today"


async def test_a_call_is_made_when_the_log_holds_that_it_may_be() -> None:
    steps: list[str] = []

    class RecordingContext(FakeContext):
        async def decide(self, request: ApprovalRequest) -> ApprovalDecision:
            steps.append("approved")
            return await super().decide(request)

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
async def test_a_call_without_a_rule_is_made_and_nobody_is_asked(asked: Approval | None) -> None:
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


async def test_calls_in_line_behind_a_question_that_outlives_the_server_are_to_be_asked_again() -> (
    None
):
    class HandedBack(FakeContext):
        """Only the first call is kept, as its question is the one that was asked."""

        waiting: int = 0

        def is_kept(self, call_id: str) -> bool:
            return call_id == "call_000001"

        async def approve(
            self,
            request: ApprovalRequest,
            *,
            asked: StoredApproval | None = None,
            is_withdrawn: Callable[[], bool] = lambda: False,
        ) -> ApprovalDecision:
            return await self._wait()

        async def ask(self, question: str, *, call_id: str, choices: Sequence[str] = ()) -> str:
            return (await self._wait()).by

        async def _wait(self) -> ApprovalDecision:
            self.waiting += 1
            if self.waiting == len(calls):
                all_wait.set()
            await anyio.sleep_forever()
            raise AssertionError

    async def ask(_: Mapping[str, object], context: ToolContext) -> ToolResult:
        return ToolResult(content=await context.ask("Which?"))

    calls = [tool_call("rm", "m1"), tool_call("rm", "m2"), tool_call("ask", "m3")]
    all_wait = anyio.Event()
    context = HandedBack(profile=context_of(NO, rm="ask").profile)
    runner = react_runner(FakeModel(calls), FakeTool("rm", ok), FakeTool("ask", ask))

    async with asyncio.TaskGroup() as group:
        run = group.create_task(runner.run(react_task(), context))
        with anyio.fail_after(PATIENCE_S):
            await all_wait.wait()
        run.cancel()

    errors = {e.call_id: e.error for e in context.events if isinstance(e, ToolCallComplete)}
    assert len([event for event in context.events if isinstance(event, ToolCallStart)]) == 3
    assert errors == {"call_000002": NOT_MADE, "call_000003": UNANSWERED}
