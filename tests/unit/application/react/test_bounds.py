"""The ReAct agent's bounds: it goes round in no circles and stays inside the model's window."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from application.react.window import BYTES_PER_TOKEN, fitted, size_of
from domain.ids import CallId
from domain.limits import Limits
from domain.task_events import Error, Progress
from domain.thinking_events import IterationComplete
from domain.tool_events import ToolCallComplete
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    SystemMessage,
    TextDelta,
    ToolMessage,
    UserMessage,
)
from ports.runner import Completed, Failed
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

SYSTEM = SystemMessage(content="be good")
ASKED = UserMessage(content="go")


async def test_an_agent_that_repeats_itself_is_warned_and_then_stopped() -> None:
    context, model = FakeContext(), FakeModel([tool_call("ls", path=".")])

    outcome = await react_runner(model, FakeTool("ls", ok)).run(react_task(), context)

    assert isinstance(outcome, Failed)
    assert outcome.reason == "repetition"
    assert len(model.requests) == 5
    result = model.requests[3].messages[-1].content
    assert "ls was called 3 times with the same arguments and the same result" in result
    errors = [event for event in context.events if isinstance(event, Error)]
    assert [(error.phase, error.recoverable) for error in errors] == [("repetition", True)] * 3


async def test_of_one_answers_calls_those_within_the_limit_are_carried_out_whole() -> None:
    context = FakeContext(limits=Limits(tool_calls=2))
    model = FakeModel([tool_call("ls", f"m{number}", path=str(number)) for number in range(5)])

    outcome = await react_runner(model, FakeTool("ls", ok)).run(react_task(), context)

    assert outcome == Failed(
        error="the task went over its limit of tool_calls", reason="limit.tool_calls"
    )
    ends = [event.status for event in context.events if isinstance(event, ToolCallComplete)]
    assert ends == ["ok", "ok"]
    assert context.events[-1] == IterationComplete(iteration=1, tool_calls=2, tokens_used=0)


async def test_the_same_call_with_other_results_is_no_repetition() -> None:
    count = iter(range(100))

    async def next_one(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        return ToolResult(content=str(next(count)))

    model = FakeModel(*[[tool_call("poll")]] * 9, [TextDelta(text="done")])

    outcome = await react_runner(model, FakeTool("poll", next_one)).run(
        react_task(), FakeContext()
    )

    assert outcome == Completed(final_answer="done", total_iterations=10)


def test_old_results_are_cut_before_anything_is_left_out() -> None:
    fit = fitted([SYSTEM, ASKED, *rounds(5, chars=4000)], asked_at=1, most_tokens=4300)

    contents = [len(each.content) for each in fit.messages if isinstance(each, ToolMessage)]
    assert (fit.cut_results, fit.dropped_messages) == (2, 0)
    assert contents[2:] == [4000, 4000, 4000]
    assert max(contents[:2]) < 300


def test_then_old_turns_are_left_out_whole_but_never_the_task_or_the_last_rounds() -> None:
    earlier: list[ModelMessage] = [UserMessage(content="x" * 4000), *rounds(3, chars=4000)]
    messages = [SYSTEM, *earlier, ASKED, *rounds(3, chars=4000)]

    fit = fitted(messages, asked_at=len(earlier) + 1, most_tokens=100)

    assert [type(each) for each in fit.messages] == [
        SystemMessage,
        UserMessage,
        *(AssistantMessage, ToolMessage) * 2,
    ]
    assert fit.messages[fit.asked_at] == ASKED
    assert (fit.cut_results, fit.dropped_messages) == (2, 9)


def test_the_last_results_share_what_room_there_is_and_short_ones_stay_whole() -> None:
    calls = tuple(tool_call("cat", f"m{number}") for number in range(4))
    results = [
        ToolMessage(call_id=call.call_id, content="ä" * chars)
        for call, chars in zip(calls, (30_000, 50, 30_000, 30_000), strict=True)
    ]
    asking = AssistantMessage(content="", tool_calls=calls)
    messages: list[ModelMessage] = [SYSTEM, ASKED, asking, *results]

    fit = fitted(messages, asked_at=1, most_tokens=10_000, besides=4_000)

    sizes = [len(each.content.encode()) for each in fit.messages if isinstance(each, ToolMessage)]
    assert sizes[1] == 100
    assert sizes[0] == sizes[2] == sizes[3] > 11_000
    assert 35_000 < sum(map(size_of, fit.messages)) <= 36_000


def test_of_an_earlier_task_all_is_left_out_or_nothing() -> None:
    one = [UserMessage(content="x" * 4000), *rounds(1, chars=10), AssistantMessage(content="one")]
    two = [UserMessage(content="two"), *rounds(1, chars=10), AssistantMessage(content="done")]
    messages = [SYSTEM, *one, *two, ASKED]

    fit = fitted(messages, asked_at=9, most_tokens=700)

    assert list(fit.messages) == [SYSTEM, *two, ASKED]


@given(
    sizes=st.lists(st.integers(0, 5000), max_size=12),
    earlier=st.lists(st.integers(0, 5000), max_size=6),
    most_tokens=st.integers(1200, 4000),
)
def test_whatever_the_tools_gave_it_fits_and_every_call_keeps_its_result(
    sizes: list[int], earlier: list[int], most_tokens: int
) -> None:
    before = [UserMessage(content="hi"), *answered(earlier), AssistantMessage(content="so")]
    messages = [SYSTEM, *before, ASKED, *answered(sizes)]

    fit = fitted(messages, asked_at=len(before) + 1, most_tokens=most_tokens)

    assert sum(map(size_of, fit.messages)) <= most_tokens * BYTES_PER_TOKEN
    assert fit.messages[fit.asked_at] == ASKED
    for at, message in enumerate(fit.messages):
        following = fit.messages[at + 1 :]
        if isinstance(message, AssistantMessage):
            for call, result in zip(message.tool_calls, following, strict=False):
                assert isinstance(result, ToolMessage) and result.call_id == call.call_id
        if isinstance(message, ToolMessage):
            assert isinstance(fit.messages[at - 1], AssistantMessage | ToolMessage)


def answered(sizes: list[int]) -> list[ModelMessage]:
    """Rounds of two calls each."""
    messages: list[ModelMessage] = []
    for at in range(0, len(sizes), 2):
        pair = sizes[at : at + 2]
        calls = tuple(tool_call("ls", f"m{at + number}") for number in range(len(pair)))
        messages.append(AssistantMessage(content="", tool_calls=calls))
        messages += [
            ToolMessage(call_id=call.call_id, content="x" * size)
            for call, size in zip(calls, pair, strict=True)
        ]
    return messages


def test_what_fits_is_kept_as_it_is() -> None:
    messages = [SYSTEM, ASKED, *rounds(2, chars=100)]

    fit = fitted(messages, asked_at=1, most_tokens=1000)

    assert (list(fit.messages), fit.note) == (messages, None)


async def test_what_was_cut_is_reported_to_watchers() -> None:
    async def long(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        return ToolResult(content="x" * 4000)

    calls = [[tool_call("cat", path=str(number))] for number in range(4)]
    context, model = FakeContext(), FakeModel(*calls, [TextDelta(text="done")])

    await react_runner(model, FakeTool("cat", long), window_tokens=3500).run(react_task(), context)

    notes = [event.message for event in context.events if isinstance(event, Progress)]
    assert "tool results were cut" in notes[0]
    assert any("old result were cut" in message.content for message in model.requests[-1].messages)


def rounds(count: int, *, chars: int) -> list[ModelMessage]:
    return [
        message
        for number in range(count)
        for message in (
            AssistantMessage(content="", tool_calls=(tool_call("ls", f"m{number}"),)),
            ToolMessage(call_id=CallId(f"m{number}"), content="x" * chars),
        )
    ]
