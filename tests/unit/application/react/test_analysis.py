"""The analysis of a task: from its text, or by a short call to the model."""

import anyio
import pytest

from application.react.analysis import Analysis
from application.react.prompt import ANALYSIS_PROMPT
from domain.agent_profile import AgentProfile
from domain.errors import ModelRefused, ModelUnavailable
from domain.ids import AgentName
from domain.limits import Limits
from domain.task_events import Error, TaskAnalysis
from domain.thinking_events import IterationStart, TokenUsage
from ports.language_model import SystemMessage, TextDelta, UserMessage
from ports.runner import Completed, Failed
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeContext, FakeModel, Step, react_runner, react_task, usage

DONE: list[Step] = [TextDelta(text="done"), usage(20, 2)]
DERIVED = TaskAnalysis(action_name="tidy up", goal="tidy up", derived=True)


def analysing(limits: Limits | None = None) -> FakeContext:
    profile = AgentProfile(name=AgentName("react"), kind="react", analysis=True, model="m")
    return FakeContext(profile=profile, limits=limits or Limits())


async def test_a_profile_can_have_the_model_analyse_the_task_first() -> None:
    context = analysing()
    answer = "Sure:\n**Action:** `Remove old files`\n- goal: Nothing older than a day is left.\n"
    model = FakeModel([TextDelta(text=answer[:9]), TextDelta(text=answer[9:]), usage(10, 5)], DONE)

    outcome = await react_runner(model).run(react_task("tidy up"), context)

    assert outcome == Completed(final_answer="done", total_iterations=1)
    assert context.events[:3] == [
        TaskAnalysis(action_name="Remove old files", goal="Nothing older than a day is left."),
        TokenUsage(model="fake-1", input_tokens=10, output_tokens=5, total_tokens=15),
        IterationStart(iteration=1, max_iterations=20),
    ]
    totals = [event.total_tokens for event in context.events if isinstance(event, TokenUsage)]
    assert totals == [15, 37]
    asked = model.requests[0]
    assert asked.messages == (
        SystemMessage(content=ANALYSIS_PROMPT),
        UserMessage(content="The task:\ntidy up"),
    )
    assert (list(asked.tools), asked.model) == ([], "m")


@pytest.mark.parametrize(
    ("failure", "complaints"),
    [
        (ModelRefused("no such model"), ["no such model"]),
        (ModelUnavailable("busy", retry_after_s=9), ["busy"]),
        (
            TextDelta(text="I shall tidy up."),
            ["the model's answer does not say what the task is about"],
        ),
    ],
    ids=["refused", "unavailable", "another answer"],
)
async def test_a_task_does_not_depend_on_it(failure: Step, complaints: list[str]) -> None:
    context = analysing()

    outcome = await react_runner(FakeModel([failure], DONE)).run(react_task("tidy up"), context)

    assert outcome == Completed(final_answer="done", total_iterations=1)
    errors = [event for event in context.events if isinstance(event, Error)]
    assert [(error.phase, error.message) for error in errors] == [
        ("analysis", message) for message in complaints
    ]
    assert DERIVED in context.events


async def test_the_text_of_a_model_before_it_failed_is_not_taken_for_its_answer() -> None:
    context = analysing()
    cut: list[Step] = [TextDelta(text="action: tidy\ngoal: Nothing ol"), ModelUnavailable("gone")]

    await react_runner(FakeModel(cut, DONE)).run(react_task("tidy up"), context)

    assert context.events[:2] == [
        Error(message="gone", phase="analysis", recoverable=True),
        DERIVED,
    ]


async def test_a_limit_that_it_passes_ends_the_task_by_its_name() -> None:
    context = analysing(Limits(tokens=10))
    model = FakeModel([TextDelta(text="action: a\ngoal: b"), usage(10, 5)], DONE)

    outcome = await react_runner(model).run(react_task(), context)

    assert outcome == Failed(error="the task went over its limit of tokens", reason="limit.tokens")
    assert [type(event) for event in context.events] == [TaskAnalysis, TokenUsage]


async def test_a_model_that_takes_too_long_for_it_is_left() -> None:
    context, model = analysing(), FakeModel([anyio.Event()])

    with anyio.fail_after(PATIENCE_S):
        failure = await Analysis(model, patience_s=0).emit("tidy up", context)

    assert failure is None
    assert context.events == [
        Error(message="the model took longer than 0 s", phase="analysis", recoverable=True),
        DERIVED,
    ]
