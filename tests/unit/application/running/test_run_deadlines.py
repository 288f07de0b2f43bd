"""The deadlines of a run do not count the time for which it waits for a person."""

import asyncio
from dataclasses import replace

import anyio
import pytest

from adapters.memory.agents import MemoryAgentThreads
from adapters.memory.database import MemoryDatabase
from adapters.memory.wakeups import MemoryWakeups
from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from application.asking.approval_gate import ApprovalGate
from application.running.pause_signal import PauseSignal
from application.running.run_deadlines import RunDeadlines
from application.running.stop_signal import LimitHit, StopSignal
from application.running.task_context import TaskContext
from application.running.working_time import WorkingTime
from domain.agent_profile import AgentProfile
from domain.events import Origin
from domain.ids import AgentName
from domain.ledger import Ledger
from domain.limits import Limits
from domain.process_events import Log, ResourceUsage
from domain.task import PauseWish
from tests.asked import Asked
from tests.fakes import FakeClock, HeardEvents
from tests.patience import PATIENCE_S
from tests.process_fakes import process_task


class WatchedTime(WorkingTime):
    """Tells when somebody waits for it to move."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.is_waited_for = asyncio.Event()

    async def moves(self) -> None:
        self.is_waited_for.set()
        await super().moves()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(timeout_s=0.01), "timeout"), (Limits(idle_s=0.01), "idle_timeout")],
)
async def test_a_deadline_passes_by_the_time_the_run_has_worked(
    limits: Limits, reason: str
) -> None:
    clock, stop = FakeClock(), StopSignal()
    context = _context(limits, stop=stop, clock=clock)
    time = context.time = WatchedTime(clock)
    deadlines = RunDeadlines(context, stop)

    with time.standing_still():
        clock.advance(1000)
        watching = asyncio.ensure_future(deadlines.watch())
        with anyio.fail_after(PATIENCE_S):
            await time.is_waited_for.wait()
        cause_while_waiting = stop.cause
    clock.advance(1)
    with anyio.fail_after(PATIENCE_S):
        await watching

    assert cause_while_waiting is None
    assert isinstance(stop.cause, LimitHit)
    assert stop.cause.reason == reason


@pytest.mark.parametrize(
    ("first_s", "idle_s", "said"),
    [
        (0.01, None, "the agent did not say a word in its first 0.01 s"),
        (0.01, 1000.0, "the agent did not say a word in its first 0.01 s"),
        (1000.0, 0.01, None),
    ],
)
async def test_the_first_word_has_a_deadline_of_its_own(
    first_s: float, idle_s: float | None, said: str | None
) -> None:
    clock, stop = FakeClock(), StopSignal()
    context = _context(Limits(idle_s=idle_s), stop=stop, clock=clock)
    context.profile = replace(context.profile, first_output_s=first_s)
    await context.emit(ResourceUsage(cpu_percent=1.0, rss_bytes=1, processes=1))

    clock.advance(1)
    await _watched(RunDeadlines(context, stop))

    assert stop.cause == (said and LimitHit("idle_timeout", said))


@pytest.mark.parametrize("is_word", [True, False])
async def test_what_a_process_uses_is_no_word(is_word: bool) -> None:
    clock, stop = FakeClock(), StopSignal()
    context = _context(Limits(idle_s=10), stop=stop, clock=clock)
    used = ResourceUsage(cpu_percent=1.0, rss_bytes=1, processes=1)
    clock.advance(11)

    await context.emit(Log(line="", line_num=1, stream="pty") if is_word else used)
    await _watched(RunDeadlines(context, stop))

    said = LimitHit("idle_timeout", "the agent said nothing for 10 s")
    assert stop.cause == (None if is_word else said)


async def test_the_time_for_which_a_task_is_paused_does_not_count() -> None:
    clock, stop, pauses = FakeClock(), StopSignal(), PauseSignal()
    context = _context(Limits(timeout_s=10, idle_s=10), stop=stop, clock=clock, pauses=pauses)
    deadlines = RunDeadlines(context, stop)
    pauses.take(PauseWish(is_wanted=True, by="ann"))

    async with asyncio.TaskGroup() as group:
        group.create_task(context.pause_point())
        await anyio.wait_all_tasks_blocked()
        clock.advance(1000)
        pauses.take(PauseWish(is_wanted=False, by="ann", number=2))
    await _watched(deadlines)

    assert stop.cause is None


async def _watched(deadlines: RunDeadlines) -> None:
    """Look once, and no more when there is time left."""
    watching = asyncio.ensure_future(deadlines.watch())
    await anyio.wait_all_tasks_blocked()
    watching.cancel()
    await asyncio.wait((watching,))


def _context(
    limits: Limits, *, stop: StopSignal, clock: FakeClock, pauses: PauseSignal | None = None
) -> TaskContext:
    task, asked = process_task("work"), Asked()
    return TaskContext(
        task=task,
        profile=AgentProfile(name=AgentName("fake"), kind="fake"),
        ledger=Ledger(limits=limits),
        workspace="",
        origin=Origin(
            session_key=task.session_key,
            session_id=task.session_id,
            task_id=task.task_id,
            agent=task.agent,
            attempt=1,
            lease_id=None,
        ),
        listener=HeardEvents(),
        approvals=ApprovalGate(
            store=asked.store, wakeups=MemoryWakeups(), ids=asked.ids, expires_s=900.0
        ),
        questions=asked.questions,
        threads=MemoryAgentThreads(MemoryDatabase(FakeClock())),
        stop=stop,
        pauses=pauses or PauseSignal(),
        clock=clock,
        meter=PrometheusMeter(new_registry()),
        recorded=at_once,
    )


async def at_once() -> None:
    """As a log would that is always ready."""
