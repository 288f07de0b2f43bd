"""The ReAct agent when its model fails, or is left alone."""

import asyncio

import anyio
import pytest

from application.react.model_calls import MAX_THOUGHT_CHARS
from application.react.retry import Retry
from domain.errors import LeaseLost, ModelRefused, ModelUnavailable
from domain.task_events import Error, TaskAnalysis
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    MessageDelta,
    ThinkComplete,
    Thinking,
)
from ports.language_model import TextDelta
from ports.runner import Completed, Failed
from tests.patience import PATIENCE_S
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    Step,
    Waits,
    react_runner,
    react_task,
)


async def test_a_model_that_is_overloaded_is_asked_again_after_longer_and_longer_waits() -> None:
    waits = Waits()
    overload = [ModelUnavailable("too busy")]
    model = FakeModel(overload, overload, overload, [TextDelta(text="at last")])

    outcome = await react_runner(model, waits=waits).run(react_task(), FakeContext())

    assert outcome == Completed(final_answer="at last", total_iterations=1)
    assert waits.delays == [1.0, 2.0, 4.0]


async def test_the_wait_a_server_asks_for_is_kept_up_to_a_bound() -> None:
    waits = Waits()
    model = FakeModel(
        [ModelUnavailable("later", retry_after_s=60)],
        [ModelUnavailable("much later", retry_after_s=3600)],
    )

    outcome = await react_runner(model, waits=waits).run(react_task(), FakeContext())

    assert waits.delays == [60]
    assert outcome == Failed(
        error="much later (it is not to be asked again for 3600 s)", reason="model_error"
    )


@pytest.mark.parametrize(
    ("retry_after_s", "spread", "delay_s"),
    [(None, 0.0, 4.0), (None, 1.0, 2.0), (7.0, 0.0, 7.0), (7.0, 1.0, 8.0), (0.0, 0.5, 0.5)],
)
def test_tasks_that_failed_together_come_back_apart(
    retry_after_s: float | None, spread: float, delay_s: float
) -> None:
    retry = Retry(spread=lambda: spread)

    assert retry.delay_s(failed_tries=3, retry_after_s=retry_after_s) == delay_s


async def test_a_thought_whose_stream_broke_starts_again_and_reports_it() -> None:
    context = FakeContext()
    cut: list[Step] = [TextDelta(text="half a th"), ModelUnavailable("cut off")]

    await react_runner(FakeModel(cut, [TextDelta(text="whole")])).run(react_task("go"), context)

    assert context.events == [
        TaskAnalysis(action_name="go", goal="go", derived=True),
        IterationStart(iteration=1, max_iterations=20),
        Thinking(iteration=1, message_count=2),
        MessageDelta(message_id="msg_000001", text="half a th"),
        Error(
            message="cut off: try 2 of 4 in 1 s; the text so far is void, the thought starts anew",
            phase="model",
            recoverable=True,
        ),
        MessageDelta(message_id="msg_000002", text="whole"),
        ThinkComplete(iteration=1, content="whole", tool_call_count=0),
        Message(message_id="msg_000002", role="assistant", content="whole"),
        IterationComplete(iteration=1, tool_calls=0, tokens_used=0),
    ]


async def test_a_model_that_never_answers_fails_the_task_after_the_last_try() -> None:
    context = FakeContext()
    model = FakeModel([ModelUnavailable("down")])

    outcome = await react_runner(model).run(react_task(), context)

    assert outcome == Failed(error="down (after 4 tries)", reason="model_error")
    assert len(model.requests) == 4
    assert [event.message for event in context.events if isinstance(event, Error)] == [
        "down: try 2 of 4 in 1 s",
        "down: try 3 of 4 in 2 s",
        "down: try 4 of 4 in 4 s",
    ]
    assert context.events[-2:] == [
        ThinkComplete(iteration=1, content="", tool_call_count=0),
        IterationComplete(iteration=1, tool_calls=0, tokens_used=0),
    ]


async def test_a_refusal_fails_the_task_at_once() -> None:
    context = FakeContext()
    model = FakeModel([ModelRefused("the key is wrong")])

    outcome = await react_runner(model).run(react_task(), context)

    assert outcome == Failed(error="the key is wrong", reason="model_error")
    assert len(model.requests) == 1


async def test_text_without_end_fails_the_task() -> None:
    flood = [TextDelta(text="x" * (MAX_THOUGHT_CHARS // 2))] * 3

    outcome = await react_runner(FakeModel(flood)).run(react_task(), FakeContext())

    assert outcome == Failed(error="the model wrote text without end", reason="model_error")


async def test_the_first_text_of_a_slow_model_is_shown_at_once() -> None:
    context = FakeContext()
    never = anyio.Event()
    model = FakeModel([TextDelta(text="wait"), never])

    async with asyncio.TaskGroup() as group:
        run = group.create_task(react_runner(model).run(react_task(), context))
        with anyio.fail_after(PATIENCE_S):
            await context.until_emitted(MessageDelta)
        run.cancel()

    assert MessageDelta(message_id="msg_000001", text="wait") in context.events


async def test_a_cancelled_thought_is_completed_with_its_text_so_far() -> None:
    context = FakeContext()
    model = FakeModel([TextDelta(text="I was "), TextDelta(text="about to"), anyio.Event()])

    async with asyncio.TaskGroup() as group:
        run = group.create_task(react_runner(model).run(react_task(), context))
        with anyio.fail_after(PATIENCE_S):
            await context.until_emitted(MessageDelta)
        run.cancel()

    assert run.cancelled()
    assert model.left_early == 1
    assert context.events[-2:] == [
        ThinkComplete(iteration=1, content="I was about to", tool_call_count=0),
        IterationComplete(iteration=1, tool_calls=0, tokens_used=0),
    ]


async def test_a_run_that_may_not_write_any_more_leaves_its_model_with_that_error() -> None:
    def lost(event: object) -> Exception | None:
        return LeaseLost("gone") if isinstance(event, MessageDelta | ThinkComplete) else None

    context = FakeContext(fails_with=lost)
    model = FakeModel([TextDelta(text="hello"), anyio.Event()])

    with anyio.fail_after(PATIENCE_S), pytest.raises(LeaseLost):
        await react_runner(model).run(react_task(), context)

    assert model.left_early == 1
