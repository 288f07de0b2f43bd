"""The ReAct agent when an answer of its model reached the longest that it may be."""

from dataclasses import replace

from application.react.model_calls import CONTINUE, CUT
from domain.limits import Limits
from domain.task_events import Error
from domain.thinking_events import Message, MessageDelta
from domain.tool_events import ToolCallComplete
from ports.language_model import AnswerCut, TextDelta, ToolMessage
from ports.runner import Completed, Failed
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    FakeTool,
    ok,
    react_runner,
    react_task,
    tool_call,
)


async def test_an_answer_that_was_cut_is_continued_and_emitted_whole() -> None:
    context = FakeContext()
    model = FakeModel([TextDelta(text="one, t"), AnswerCut()], [TextDelta(text="wo")])

    outcome = await react_runner(model).run(react_task(), context)

    assert outcome == Completed(final_answer="one, two", total_iterations=2)
    assert model.requests[1].messages[-1] == CONTINUE
    emitted = [event for event in context.events if isinstance(event, MessageDelta | Message)]
    assert emitted == [
        MessageDelta(message_id="msg_000001", text="one, t"),
        MessageDelta(message_id="msg_000001", text="wo"),
        Message(message_id="msg_000001", role="assistant", content="one, two"),
    ]
    assert [event for event in context.events if isinstance(event, Error)] == [CUT]


async def test_an_answer_that_was_cut_before_any_text_fails_the_task() -> None:
    model = FakeModel([AnswerCut()])

    outcome = await react_runner(model).run(react_task(), FakeContext())

    assert outcome == Failed(
        error=f"{CUT.message}, before any text of an answer", reason="model_error"
    )
    assert len(model.requests) == 1


async def test_the_call_that_an_answer_was_cut_in_is_not_made() -> None:
    context = FakeContext()
    begun = replace(tool_call("ls", "c2"), raw_arguments="")
    model = FakeModel([tool_call("ls", "c1", a=1), begun, AnswerCut()], [TextDelta(text="done")])

    await react_runner(model, FakeTool("ls", ok)).run(react_task(), context)

    completes = [event for event in context.events if isinstance(event, ToolCallComplete)]
    assert {event.call_id: event.status for event in completes} == {
        "call_000001": "ok",
        "call_000002": "error",
    }
    result = model.requests[1].messages[-1]
    assert isinstance(result, ToolMessage)
    assert result.content.endswith("write less at once]")


async def test_a_cut_answer_whose_calls_are_all_over_the_limit_fails_the_task_by_its_name() -> (
    None
):
    context = FakeContext(limits=Limits(tool_calls=1))
    model = FakeModel([tool_call("ls", "c1", a=1)], [tool_call("ls", "c2", a=2), AnswerCut()])

    outcome = await react_runner(model, FakeTool("ls", ok)).run(react_task(), context)

    assert outcome == Failed(
        error="the task went over its limit of tool_calls", reason="limit.tool_calls"
    )
