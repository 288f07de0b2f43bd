"""The ReAct agent's bounds: it goes round in no circles and stays inside the model's window."""

from collections.abc import Mapping

from application.react_window import fitted
from domain.ids import CallId
from domain.task_events import Error, Progress
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


async def test_an_agent_that_repeats_itself_is_told_and_then_stopped() -> None:
    context, model = FakeContext(), FakeModel([tool_call("ls", path=".")])

    outcome = await react_runner(model, FakeTool("ls", ok)).run(react_task(), context)

    assert isinstance(outcome, Failed)
    assert outcome.reason == "repetition"
    assert len(model.requests) == 5
    told = model.requests[3].messages[-1].content
    assert "ls was called 3 times with the same arguments and the same result" in told
    errors = [event for event in context.events if isinstance(event, Error)]
    assert [(error.phase, error.recoverable) for error in errors] == [("repetition", True)] * 3


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

    assert list(fit.messages) == [SYSTEM, ASKED, *rounds(3, chars=4000)[2:]]
    assert fit.messages[fit.asked_at] == ASKED
    assert fit.note is not None


def test_what_fits_is_kept_as_it_is() -> None:
    messages = [SYSTEM, ASKED, *rounds(2, chars=100)]

    fit = fitted(messages, asked_at=1, most_tokens=1000)

    assert (list(fit.messages), fit.note) == (messages, None)


async def test_what_was_cut_is_told_to_the_watchers() -> None:
    async def long(_: Mapping[str, object], __: ToolContext) -> ToolResult:
        return ToolResult(content="x" * 4000)

    calls = [[tool_call("cat", path=str(number))] for number in range(4)]
    context, model = FakeContext(), FakeModel(*calls, [TextDelta(text="done")])

    await react_runner(model, FakeTool("cat", long), window_tokens=3500).run(react_task(), context)

    told = [event.message for event in context.events if isinstance(event, Progress)]
    assert "old tool results were cut" in told[0]
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
