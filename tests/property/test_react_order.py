"""Whatever a model does, the events of its task come in a legal order and in pairs."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate, count

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.tools.ask_user import AskUserTool
from adapters.tools.update_plan import UpdatePlanTool
from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, Decision
from domain.errors import ModelRefused, ModelUnavailable, ToolError
from domain.events import AgentEvent
from domain.ids import AgentName
from domain.task import Approval
from domain.task_events import TaskAnalysis, TaskQueued, TaskStarted
from domain.thinking_events import TokenUsage
from ports.language_model import ReasoningDelta, TextDelta
from ports.runner import Completed, Outcome
from ports.tool import Tool, ToolContext, ToolResult
from tests.fakes import CountingIdSource
from tests.react_event_order import EventOrder
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    FakeTool,
    Step,
    react_runner,
    react_task,
    tool_call,
    usage,
)
from tests.seeded_session import SeededSession

STATUSES = st.sampled_from(["pending", "in_progress", "completed"])


def planned(goal: str, one: str, other: str) -> Step:
    phases = [{"id": "1", "name": goal, "status": one}, {"id": "2", "name": "b", "status": other}]
    return tool_call("update_plan", goal=goal, phases=phases)


PARTS: st.SearchStrategy[Step] = st.one_of(
    st.builds(TextDelta, text=st.text(max_size=8)),
    st.builds(ReasoningDelta, text=st.text(max_size=8)),
    st.sampled_from(["ls", "fail", "break", "no such tool"]).map(tool_call),
    st.builds(planned, st.sampled_from(["go", "stop"]), STATUSES, STATUSES),
    st.just(tool_call("ask_user", question="Which?")),
    st.builds(usage, st.integers(0, 50), st.integers(0, 50)),
    st.sampled_from([ModelUnavailable("busy"), ModelRefused("no")]),
)
SCRIPTS = st.lists(st.lists(PARTS, max_size=5), min_size=1, max_size=5)


async def listed(_: object, context: ToolContext) -> ToolResult:
    await context.stream("a.py")
    return ToolResult(content="a.py")


async def failing(_: object, __: ToolContext) -> ToolResult:
    raise ToolError("cannot")


async def broken(_: object, __: ToolContext) -> ToolResult:
    raise RuntimeError("a bug")


@settings(max_examples=150, deadline=None)
@given(script=SCRIPTS, decision=st.sampled_from(["approved", "denied", "expired"]))
def test_every_start_has_its_end_and_nothing_is_out_of_place(
    script: Sequence[Sequence[Step]], decision: Decision
) -> None:
    rules: dict[str, Approval] = {"ls": "ask"}
    context = FakeContext(
        profile=AgentProfile(name=AgentName("react"), kind="react", approvals=rules),
        decision=ApprovalDecision(decision=decision, by="somebody"),
    )

    outcome = asyncio.run(run(script, context))

    order = in_order(context.events)
    assert order.is_closed
    if isinstance(outcome, Completed):
        assert order.last_message == outcome.final_answer
        assert order.iterations == outcome.total_iterations


@settings(max_examples=150, deadline=None)
@given(script=SCRIPTS, at=st.integers(1, 40))
def test_wherever_a_run_is_cancelled_all_that_was_started_is_ended(
    script: Sequence[Sequence[Step]], at: int
) -> None:
    context = FakeContext()

    asyncio.run(cancelled(script, context, at))

    assert in_order(context.events).is_closed


@settings(max_examples=150, deadline=None)
@given(script=SCRIPTS, rest=SCRIPTS, kept=st.integers(0, 40))
def test_wherever_a_server_is_killed_the_next_attempt_ends_what_was_started_and_goes_on(
    script: Sequence[Sequence[Step]], rest: Sequence[Sequence[Step]], kept: int
) -> None:
    first, again, ids = FakeContext(), FakeContext(), CountingIdSource()
    asyncio.run(run(script, first, ids=ids))
    log = SeededSession(TaskQueued(task="do it"), TaskStarted(worker_id="w", agent_kind="react"))
    log.write(*first.events[:kept])
    for event in first.events[:kept]:  # a run that continues begins with the account of the last
        again.ledger.record(event)

    outcome = asyncio.run(run(rest, again, ids=ids, log=log))

    events = [*first.events[:kept], *again.events]
    order = in_order(events)
    assert order.is_closed
    assert sums_are_right(events)
    if isinstance(outcome, Completed):
        assert order.last_message == outcome.final_answer
        assert order.iterations == outcome.total_iterations


async def cancelled(script: Sequence[Sequence[Step]], context: FakeContext, at: int) -> None:
    """It is cancelled with its event of that number, if it has as many."""
    running = asyncio.ensure_future(run(script, context))
    numbers = count(1)

    def look(_: AgentEvent) -> None:
        if next(numbers) == at:
            running.cancel()

    context.fails_with = look
    await asyncio.wait((running,))


def in_order(events: Sequence[AgentEvent]) -> EventOrder:
    assert all(isinstance(event, TaskAnalysis) for event in events[:1])
    order = EventOrder()
    for event in events[1:]:
        order.take(event)
    return order


def sums_are_right(events: Sequence[AgentEvent]) -> bool:
    """Whether each total is what was used up to there, in all attempts."""
    used = [event for event in events if isinstance(event, TokenUsage)]
    sums = accumulate(one.input_tokens + one.output_tokens for one in used)
    return [one.total_tokens for one in used] == list(sums)


async def run(
    script: Sequence[Sequence[Step]],
    context: FakeContext,
    *,
    ids: CountingIdSource | None = None,
    log: SeededSession | None = None,
) -> Outcome:
    tools: list[Tool] = [
        FakeTool("ls", listed),
        FakeTool("fail", failing),
        FakeTool("break", broken),
        UpdatePlanTool(),
        AskUserTool(),
    ]
    runner = react_runner(FakeModel(*script), *tools, ids=ids, log=log)
    return await runner.run(react_task(), context)
