"""Whatever a model does, the events of its task come in a legal order and in pairs."""

import asyncio
from collections.abc import Sequence

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
from domain.task_events import TaskAnalysis
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    ThinkDelta,
    Thinking,
)
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from ports.language_model import ReasoningDelta, TextDelta
from ports.runner import Completed, Outcome
from ports.tool import Tool, ToolContext, ToolResult
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

    assert isinstance(context.events[0], TaskAnalysis)
    order = Order()
    for event in context.events[1:]:
        order.take(event)
    assert order.is_closed
    if isinstance(outcome, Completed):
        assert order.last_said == outcome.final_answer
        assert order.iterations == outcome.total_iterations


async def run(script: Sequence[Sequence[Step]], context: FakeContext) -> Outcome:
    tools: list[Tool] = [
        FakeTool("ls", listed),
        FakeTool("fail", failing),
        FakeTool("break", broken),
        UpdatePlanTool(),
        AskUserTool(),
    ]
    return await react_runner(FakeModel(*script), *tools).run(react_task(), context)


class Order:
    """Asserts with each event that it may come now."""

    def __init__(self) -> None:
        self.iterations = 0
        self.last_said: str | None = None
        self._is_iterating = False
        self._is_thinking = False
        self._phases: set[tuple[str, str]] = set()
        self._completed: set[tuple[str, str]] = set()
        self._open: set[str] = set()
        self._ended: set[str] = set()

    @property
    def is_closed(self) -> bool:
        return not (self._is_iterating or self._is_thinking or self._open)

    def take(self, event: AgentEvent) -> None:
        match event:
            case IterationStart(iteration=number):
                assert self.is_closed and number == self.iterations + 1
                self.iterations, self._is_iterating = number, True
            case IterationComplete(iteration=number):
                assert self._is_iterating and number == self.iterations
                assert not self._is_thinking and not self._open
                self._is_iterating = False
            case Thinking(iteration=number):
                assert self._is_iterating and number == self.iterations and not self._is_thinking
                self._is_thinking = True
            case ThinkDelta():
                assert self._is_thinking
            case ThinkComplete():
                assert self._is_thinking
                self._is_thinking = False
            case Message(content=text):
                assert self._is_iterating and not self._is_thinking
                self.last_said = text
            case ToolCallStart(call_id=call_id):
                assert self._is_iterating and call_id not in self._open | self._ended
                self._open.add(call_id)
            case ToolCallStream(call_id=call_id):
                assert call_id in self._open
            case ToolCallComplete(call_id=call_id):
                self._open.remove(call_id)
                self._ended.add(call_id)
            case PlanCreated():
                assert self._open
            case PhaseStart(phase_id=phase_id, phase_name=name):
                assert self._open and (phase_id, name) not in self._phases
                self._phases.add((phase_id, name))
            case PhaseComplete(phase_id=phase_id, phase_name=name):
                assert (phase_id, name) in self._phases - self._completed
                self._completed.add((phase_id, name))
            case _:
                assert self._is_iterating
