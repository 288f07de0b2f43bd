"""No half of a character passes from an agent to where text is kept."""

import pytest

from domain.ids import CallId
from domain.json_values import without_surrogates
from domain.task import TaskResult, TaskStatus
from domain.task_change import TaskChange, change_of
from domain.task_events import TaskComplete
from ports.language_model import TextDelta, ToolMessage
from ports.runner import Completed
from ports.tool import ToolContext, ToolResult
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    FakeTool,
    react_runner,
    react_task,
    tool_call,
)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", ""),
        ("a\0é🎉", "a\0é🎉"),
        ("\ud800 x", "\ufffd x"),
        ("\udfff\ud800", "\ufffd\ufffd"),
    ],
)
def test_halves_of_characters_are_replaced_and_nothing_else(text: str, whole: str) -> None:
    assert without_surrogates(text) == whole


def test_the_answer_that_is_kept_with_a_task_is_whole() -> None:
    event = TaskComplete(final_answer="\ud800 x", duration_ms=1)

    assert change_of(event) == TaskChange(
        status=TaskStatus.COMPLETED, result=TaskResult(final_answer="\ufffd x")
    )


async def test_text_of_a_model_and_its_tools_has_no_surrogates() -> None:
    async def read(_: object, __: ToolContext) -> ToolResult:
        return ToolResult(content="a\udc00")

    model = FakeModel([tool_call("read", "c1")], [TextDelta(text="b\ud800")])

    outcome = await react_runner(model, FakeTool("read", read)).run(react_task(), FakeContext())

    assert outcome == Completed(final_answer="b\ufffd", total_iterations=2)
    message = model.requests[-1].messages[-1]
    assert message == ToolMessage(call_id=CallId("c1"), content="a\ufffd")
