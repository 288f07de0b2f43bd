"""What a run tells while it waits for people: for their words, and until it may go on."""

import asyncio
from collections.abc import Callable
from functools import partial

import anyio

from adapters.memory.agents import MemoryAgentThreads
from adapters.memory.database import MemoryDatabase
from adapters.memory.wakeups import MemoryWakeups
from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from application.asking.approval_gate import ApprovalGate
from application.running.pause_signal import PauseSignal
from application.running.stop_signal import StopSignal
from application.running.task_context import TaskContext
from domain.agent_profile import AgentProfile
from domain.events import AgentEvent, Origin
from domain.ids import AgentName
from domain.ledger import Ledger
from domain.principal import LOCAL
from domain.task import PauseWish
from domain.task_events import TaskPaused, TaskResumed
from domain.task_input import Reply
from domain.tool_events import InputReceived, InputRequired
from tests.asked import Asked
from tests.patience import PATIENCE_S
from tests.unit.any_event import ORIGIN

REST = PauseWish(is_wanted=True, by="ann", number=1)
GO_ON = PauseWish(is_wanted=False, by="bob", number=2)


class SlowListener:
    """Others have their turns before it has heard that there is an answer."""

    def __init__(self) -> None:
        self.events: list[AgentEvent] = []

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        for _ in range(20 if isinstance(event, InputReceived) else 1):
            await anyio.lowlevel.checkpoint()
        self.events.append(event)

    async def until(self, is_so: Callable[[list[AgentEvent]], bool]) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not is_so(self.events):
                await anyio.lowlevel.checkpoint()


async def test_a_question_is_told_when_the_answer_to_the_one_before_is() -> None:
    asked, told = Asked(), SlowListener()
    context = context_of(asked, told, PauseSignal())
    [task] = asked.tasks.values()

    async with asyncio.TaskGroup() as group:
        asking = [
            group.create_task(context.ask(f"{name}?", call_id=name)) for name in ("one", "two")
        ]
        for count in (1, 2):
            await told.until(partial(_has_asked, count))
            await asked.questions.answer(task, Reply(text=str(count), by="ann"))

    received = InputReceived(kind="message", by="ann")
    assert [one.result() for one in asking] == ["1", "2"]
    assert told.events == [
        InputRequired(prompt="one?"),
        received,
        InputRequired(prompt="two?"),
        received,
    ]


async def test_a_task_that_rested_when_it_was_lost_rests_again_or_says_who_had_it_go_on() -> None:
    rests, goes_on = SlowListener(), SlowListener()
    resting, going_on = PauseSignal(), PauseSignal()
    resting.take(REST)
    going_on.take(GO_ON)
    going_on.take(REST)

    async with asyncio.TaskGroup() as group:
        for told, pauses in ((rests, resting), (goes_on, going_on)):
            context = context_of(Asked(), told, pauses)
            context.was_paused = True
            group.create_task(context.pause_point())
        await rests.until(lambda events: events == [TaskPaused(reason="user")])
        resting.take(GO_ON)

    assert rests.events == [TaskPaused(reason="user"), TaskResumed(by="bob")]
    assert goes_on.events == [TaskResumed(by="bob")]


def _has_asked(times: int, events: list[AgentEvent]) -> bool:
    return sum(isinstance(event, InputRequired) for event in events) == times


def context_of(asked: Asked, listener: SlowListener, pauses: PauseSignal) -> TaskContext:
    return TaskContext(
        task=asked.live_task(LOCAL),
        profile=AgentProfile(name=AgentName("fake"), kind="fake"),
        ledger=Ledger(),
        workspace="",
        origin=ORIGIN,
        listener=listener,
        approvals=ApprovalGate(
            store=asked.store, wakeups=MemoryWakeups(), ids=asked.ids, expires_s=900.0
        ),
        questions=asked.questions,
        threads=MemoryAgentThreads(MemoryDatabase(asked.clock)),
        stop=StopSignal(),
        pauses=pauses,
        clock=asked.clock,
        meter=PrometheusMeter(new_registry()),
        recorded=at_once,
    )


async def at_once() -> None:
    """As a log would that is always ready."""
