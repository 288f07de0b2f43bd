"""What a run emits while it waits for people: for their answers, or to be resumed."""

import asyncio
from functools import partial

import anyio

from application.running.run_signals import PauseSignal
from domain.events import AgentEvent
from domain.principal import LOCAL
from domain.task import PauseWish
from domain.task_events import TaskPaused, TaskResumed
from domain.task_input import Reply
from domain.tool_events import InputReceived, InputRequired
from tests.approval_fakes import FakeApprovals
from tests.task_context_fakes import FakeSink, task_context

REST = PauseWish(is_wanted=True, by="ann", number=1)
GO_ON = PauseWish(is_wanted=False, by="bob", number=2)


class SlowSink(FakeSink):
    """Others have their turns before it has taken that there is an answer."""

    async def emit(self, event: AgentEvent) -> None:
        for _ in range(20 if isinstance(event, InputReceived) else 1):
            await anyio.lowlevel.checkpoint()
        await super().emit(event)


async def test_a_question_is_emitted_after_the_answer_to_the_one_before() -> None:
    asked, sink = FakeApprovals(), SlowSink()
    task = asked.live_task(LOCAL)
    context = task_context(sink, task=task, asked=asked)

    async with asyncio.TaskGroup() as group:
        asking = [
            group.create_task(context.ask(f"{name}?", call_id=name)) for name in ("one", "two")
        ]
        for count in (1, 2):
            await sink.until(partial(_has_asked, count))
            await asked.questions.answer(task, Reply(text=str(count), by="ann"))

    received = InputReceived(kind="message", by="ann")
    assert [one.result() for one in asking] == ["1", "2"]
    assert sink.events == [
        InputRequired(prompt="one?"),
        received,
        InputRequired(prompt="two?"),
        received,
    ]


async def test_a_task_that_was_paused_when_it_was_lost_is_paused_again_or_shows_who_resumed_it() -> (
    None
):
    rests, goes_on = SlowSink(), SlowSink()
    resting, going_on = PauseSignal(), PauseSignal()
    resting.take(REST)
    going_on.take(GO_ON)
    going_on.take(REST)

    async with asyncio.TaskGroup() as group:
        for sink, pauses in ((rests, resting), (goes_on, going_on)):
            context = task_context(sink, pauses=pauses, was_paused=True)
            group.create_task(context.pause_point())
        await rests.until(lambda events: events == [TaskPaused(reason="user")])
        resting.take(GO_ON)

    assert rests.events == [TaskPaused(reason="user"), TaskResumed(by="bob")]
    assert goes_on.events == [TaskResumed(by="bob")]


def _has_asked(times: int, events: list[AgentEvent]) -> bool:
    return sum(isinstance(event, InputRequired) for event in events) == times
