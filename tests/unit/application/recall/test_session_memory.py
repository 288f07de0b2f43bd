"""What an agent remembers of its session and of its own earlier attempts."""

from collections.abc import Sequence

import pytest

from domain.events import AgentEvent
from domain.ids import CallId
from domain.task_events import TaskAnalysis, TaskComplete, TaskFailed, TaskQueued, TaskStarted
from domain.task_input import Reply
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    ThinkComplete,
    Thinking,
    TokenUsage,
)
from domain.tool_events import InputReceived, InputRequired, ToolCallComplete, ToolCallStart
from domain.usage import Usage
from ports.language_model import AssistantMessage, TextDelta, ToolCall, ToolMessage, UserMessage
from ports.runner import Completed
from tests.react_fakes import FakeContext, FakeModel, FakeTool, ok, react_runner, react_task
from tests.seeded_session import SeededSession

STARTED = TaskStarted(worker_id="w", agent_kind="react")
ANALYSED = TaskAnalysis(action_name="go", goal="go")
LS = ToolCall(
    call_id=CallId("c1"), tool_name="ls", arguments={"path": "."}, raw_arguments='{"path":"."}'
)
BEGUN: Sequence[AgentEvent] = (
    IterationStart(iteration=1, max_iterations=20),
    Thinking(iteration=1, message_count=2),
    ThinkComplete(iteration=1, content="I look.", tool_call_count=1),
    Message(message_id="m1", role="assistant", content="I look."),
    TokenUsage(model="m", input_tokens=10, output_tokens=5, total_tokens=15),
    ToolCallStart(call_id="c1", tool_name="ls", arguments={"path": "."}),
)
LOOKED: Sequence[AgentEvent] = (
    *BEGUN,
    ToolCallComplete(call_id="c1", tool_name="ls", status="ok", result="a.py", duration_ms=1),
    IterationComplete(iteration=1, tool_calls=1, tokens_used=15),
)
LOOKED_MESSAGES = [
    AssistantMessage(content="I look.", tool_calls=(LS,)),
    ToolMessage(call_id=CallId("c1"), content="a.py"),
]
DONE = TaskComplete(final_answer="There is a.py.", duration_ms=1)


async def test_earlier_tasks_are_remembered_with_their_calls_and_later_ones_are_not() -> None:
    log = SeededSession()
    log.write(TaskQueued(task="list"), STARTED, ANALYSED, *LOOKED, DONE, task_id="before")
    log.write(TaskQueued(task="go"))
    log.write(TaskQueued(task="not yet"), task_id="after")

    memory = await log.memory().of(react_task("go"))

    assert memory.earlier == [
        UserMessage(content="list"),
        *LOOKED_MESSAGES,
        AssistantMessage(content="There is a.py."),
    ]
    assert (memory.own, memory.past.has_begun) == ([], False)


async def test_of_another_agents_task_only_the_texts_are_remembered() -> None:
    log = SeededSession()
    log.write(TaskQueued(task="ls"), STARTED, *LOOKED, DONE, task_id="before", agent="claude")
    log.write(TaskQueued(task="go"))

    memory = await log.memory().of(react_task("go"))

    assert memory.earlier == [
        UserMessage(content="ls"),
        AssistantMessage(content="I look."),
        AssistantMessage(content="There is a.py."),
    ]


async def test_a_task_that_failed_is_remembered_as_one_without_an_answer() -> None:
    log = SeededSession()
    failed = TaskFailed(error="no", reason="model_error", duration_ms=1)
    log.write(TaskQueued(task="list"), STARTED, *LOOKED, failed, task_id="before")
    log.write(TaskQueued(task="go"))

    memory = await log.memory().of(react_task("go"))

    assert memory.earlier[-1] == AssistantMessage(content="[This task ended without an answer.]")


async def test_a_lost_attempt_is_resumed_after_its_last_whole_step() -> None:
    log = SeededSession(TaskQueued(task="go"), STARTED, ANALYSED, *LOOKED)
    log.write(
        IterationStart(iteration=2, max_iterations=20), Thinking(iteration=2, message_count=4)
    )
    model, context = FakeModel([text("There is a.py.")]), FakeContext()

    outcome = await react_runner(model, FakeTool("ls", ok), log=log).run(react_task("go"), context)

    assert outcome == Completed(final_answer="There is a.py.", total_iterations=3)
    assert model.requests[0].messages[1:] == (UserMessage(content="go"), *LOOKED_MESSAGES)
    assert context.events[:3] == [
        ThinkComplete(iteration=2, content="", tool_call_count=0),
        IterationComplete(iteration=2, tool_calls=0, tokens_used=0),
        IterationStart(iteration=3, max_iterations=20),
    ]


async def test_a_call_in_flight_is_closed_with_an_unknown_outcome_which_the_model_gets() -> None:
    log = SeededSession(TaskQueued(task="go"), STARTED, ANALYSED, *BEGUN)
    model, context = FakeModel([text("So be it.")]), FakeContext()

    await react_runner(model, FakeTool("ls", ok), log=log).run(react_task("go"), context)

    complete, iteration = context.events[:2]
    assert isinstance(complete, ToolCallComplete)
    assert (complete.call_id, complete.status) == ("c1", "outcome_unknown")
    assert iteration == IterationComplete(iteration=1, tool_calls=1, tokens_used=15)
    result = model.requests[0].messages[-1]
    assert result == ToolMessage(call_id=CallId("c1"), content=f"Error: {complete.error}")


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["killed", "stopped"])
async def test_an_answer_that_came_when_nobody_waited_any_more_reaches_the_model(
    is_cancelled: bool,
) -> None:
    ended = ToolCallComplete(
        call_id="c1", tool_name="ls", status="error", result="", error="cut off", duration_ms=1
    )
    over = IterationComplete(iteration=1, tool_calls=1, tokens_used=15)
    log, task = SeededSession(TaskQueued(task="go"), STARTED, ANALYSED, *BEGUN), react_task("go")
    log.write(InputRequired(prompt="Which?"), *((ended, over) if is_cancelled else ()))
    log.holds(task)
    await log.questions.open(task.task_id, "c1")
    await log.questions.answer(task.task_id, Reply(text="blue", by="ann"))
    model, context = FakeModel([text("So be it.")]), FakeContext()

    await react_runner(model, FakeTool("ls", ok), log=log).run(task, context)

    result = model.requests[0].messages[-1]
    assert result == ToolMessage(call_id=CallId("c1"), content="blue")
    assert context.events[0] == InputReceived(kind="message", by="ann")


async def test_a_question_that_was_answered_already_is_not_asked_again() -> None:
    log = SeededSession(TaskQueued(task="go"), STARTED, ANALYSED)
    log.write(
        IterationStart(iteration=1, max_iterations=20),
        ThinkComplete(iteration=1, content="All done.", tool_call_count=0),
        Message(message_id="m1", role="assistant", content="All done."),
    )
    model, context = FakeModel([text("never asked")]), FakeContext()

    outcome = await react_runner(model, log=log).run(react_task("go"), context)

    assert outcome == Completed(final_answer="All done.", total_iterations=1)
    assert model.requests == []
    assert context.events == [IterationComplete(iteration=1, tool_calls=0, tokens_used=0)]


async def test_a_thought_whose_calls_were_never_started_is_repeated() -> None:
    log = SeededSession(TaskQueued(task="go"), STARTED, ANALYSED, *BEGUN[:5])
    model = FakeModel([text("done")])

    await react_runner(model, log=log).run(react_task("go"), FakeContext())

    assert model.requests[0].messages[1:] == (UserMessage(content="go"),)


async def test_what_earlier_attempts_spent_counts_on() -> None:
    log = SeededSession(TaskQueued(task="go"), STARTED, ANALYSED, *LOOKED)

    past = await log.memory().past_of(react_task("go"))

    assert (past.ledger.iterations, past.ledger.tool_calls) == (1, 1)
    assert past.ledger.usage == Usage(input_tokens=10, output_tokens=5, total_tokens=15)
    assert past.last_seq == 11


def text(content: str) -> TextDelta:
    return TextDelta(text=content)
