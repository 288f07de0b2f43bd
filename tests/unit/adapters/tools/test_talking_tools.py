"""Tools by which a model shows its plan and asks a person."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from adapters.tools.ask_user import AskUserTool
from adapters.tools.update_plan import UpdatePlanTool
from domain.errors import ToolError
from domain.plan import Plan, PlanPhase
from ports.tool import ToolResult
from tests.process_fakes import tool_context

LOOK = {"id": "look", "name": "Look around", "status": "completed"}
WRITE = {"id": "write", "name": "Write it", "status": "in_progress"}


async def test_a_plan_is_shown_unchanged() -> None:
    shown: list[Plan] = []

    async def show(plan: Plan) -> None:
        shown.append(plan)

    context = replace(tool_context("/workspace"), update_plan=show)

    result = await UpdatePlanTool().call({"goal": "a report", "phases": [LOOK, WRITE]}, context)

    assert shown == [
        Plan(
            goal="a report",
            phases=(
                PlanPhase(id="look", name="Look around", status="completed"),
                PlanPhase(id="write", name="Write it", status="in_progress"),
            ),
        )
    ]
    assert result == ToolResult(content="1 of 2 phases are completed.")


@pytest.mark.parametrize(
    ("phases", "complaint"),
    [
        ([], "phases: "),
        ([LOOK, LOOK], "phases: the id 'look' is there twice"),
        ([{**LOOK, "status": "done"}], r"phases\.0\.status: "),
        ([{"id": "look"}], r"phases\.0\.name: "),
    ],
)
async def test_an_invalid_plan_is_refused_by_field(phases: list[object], complaint: str) -> None:
    with pytest.raises(ToolError, match=complaint):
        await UpdatePlanTool().call({"goal": "x", "phases": phases}, tool_context("/workspace"))


def test_definitions_are_inlined_in_the_schema() -> None:
    properties = UpdatePlanTool.spec.parameters["properties"]

    assert isinstance(properties, dict)
    assert properties["phases"]["items"] == {
        "type": "object",
        "properties": {
            "id": {
                "type": "string",
                "minLength": 1,
                "maxLength": 64,
                "description": "The same in every later call.",
            },
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "description": "What is done, in a few words.",
            },
            "status": {"type": "string", "enum": ["pending", "in_progress", "completed"]},
        },
        "required": ["id", "name", "status"],
        "additionalProperties": False,
    }


async def test_the_answer_of_a_person_is_the_result() -> None:
    asked: list[tuple[str, Sequence[str]]] = []

    async def ask(question: str, *, choices: Sequence[str] = ()) -> str:
        asked.append((question, choices))
        return "blue"

    context = replace(tool_context("/workspace"), ask=ask)

    result = await AskUserTool().call({"question": "Which colour?"}, context)
    await AskUserTool().call({"question": "Which?", "choices": ["red", "green"]}, context)

    assert asked == [("Which colour?", []), ("Which?", ["red", "green"])]
    assert result == ToolResult(content="blue")


@pytest.mark.parametrize("choices", [[""], ["x" * 201], ["a"] * 11, "red"])
async def test_choices_are_few_and_short(choices: object) -> None:
    arguments = {"question": "Which?", "choices": choices}

    with pytest.raises(ToolError, match="choices"):
        await AskUserTool().call(arguments, tool_context("/workspace"))


@pytest.mark.parametrize("length", [0, 4001])
async def test_a_question_has_a_length_that_a_person_reads(length: int) -> None:
    with pytest.raises(ToolError, match="question: "):
        await AskUserTool().call({"question": "?" * length}, tool_context("/workspace"))


async def test_without_a_listener_the_model_gets_an_error() -> None:
    with pytest.raises(ToolError, match="there is nobody to ask here"):
        await AskUserTool().call({"question": "Who?"}, tool_context("/workspace"))
    with pytest.raises(ToolError, match="plans are not shown here"):
        await UpdatePlanTool().call({"goal": "x", "phases": [LOOK]}, tool_context("/workspace"))
