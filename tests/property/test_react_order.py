"""Whatever a model does, the events of its task come in a legal order and in pairs."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import ModelRefused, ModelUnavailable, ToolError
from domain.events import AgentEvent
from domain.task_events import TaskAnalysis
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    ThinkComplete,
    ThinkDelta,
    Thinking,
)
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from ports.language_model import ReasoningDelta, TextDelta
from ports.runner import Completed, Outcome
from ports.tool import ToolContext, ToolResult
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

PARTS: st.SearchStrategy[Step] = st.one_of(
    st.builds(TextDelta, text=st.text(max_size=8)),
    st.builds(ReasoningDelta, text=st.text(max_size=8)),
    st.sampled_from(["ls", "fail", "break", "no such tool"]).map(tool_call),
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
@given(script=SCRIPTS)
def test_every_start_has_its_end_and_nothing_is_out_of_place(
    script: Sequence[Sequence[Step]],
) -> None:
    context = FakeContext()

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
    tools = [FakeTool("ls", listed), FakeTool("fail", failing), FakeTool("break", broken)]
    return await react_runner(FakeModel(*script), *tools).run(react_task(), context)


class Order:
    """Asserts with each event that it may come now."""

    def __init__(self) -> None:
        self.iterations = 0
        self.last_said: str | None = None
        self._is_iterating = False
        self._is_thinking = False
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
            case _:
                assert self._is_iterating
