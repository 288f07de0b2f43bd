"""What stops a run beside its end: deadlines, which do not count the time that it waits for people,
and a log that fails.
"""

import asyncio

import anyio
import pytest

from application.running.run_signals import LimitHit, LostLease, PauseSignal, StopCause, StopSignal
from application.running.stoppable_run import RunDeadlines, run_until_stopped
from application.running.working_time import WorkingTime
from domain.agent_profile import AgentProfile
from domain.errors import AgentcastError, LeaseLost, LogUnavailable, StorageFull
from domain.ids import AgentName
from domain.limits import Limits
from domain.process_events import Log, ResourceUsage
from domain.task import PauseWish, Task
from domain.usage import Usage
from ports.runner import Completed, Outcome, RunContext
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import process_task
from tests.task_context_fakes import FakeSink, task_context


class EndlessRunner:
    def __init__(self) -> None:
        self.has_started = asyncio.Event()

    async def run(self, task: Task, context: RunContext) -> Outcome:
        self.has_started.set()
        await asyncio.Event().wait()
        raise AssertionError("nothing sets this event")


class DoneRunner:
    async def run(self, task: Task, context: RunContext) -> Outcome:
        return Completed(final_answer="done")


class WatchedTime(WorkingTime):
    """Shows when somebody waits for it to move."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.is_waited_for = asyncio.Event()

    async def running(self) -> None:
        self.is_waited_for.set()
        await super().running()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(timeout_s=0.01), "timeout"), (Limits(idle_s=0.01), "idle_timeout")],
)
async def test_a_deadline_passes_by_the_time_the_run_has_worked(
    limits: Limits, reason: str
) -> None:
    clock, stop = FakeClock(), StopSignal()
    time = WatchedTime(clock)
    context = task_context(FakeSink(), limits=limits, clock=clock, time=time)
    deadlines = RunDeadlines(context, stop)

    with time.stopped():
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
    ("first_s", "idle_s", "message"),
    [
        (0.01, None, "the agent had no output in its first 0.01 s"),
        (0.01, 1000.0, "the agent had no output in its first 0.01 s"),
        (1000.0, 0.01, None),
    ],
)
async def test_the_first_output_has_a_deadline_of_its_own(
    first_s: float, idle_s: float | None, message: str | None
) -> None:
    clock, stop = FakeClock(), StopSignal()
    profile = AgentProfile(name=AgentName("fake"), kind="fake", first_output_s=first_s)
    context = task_context(FakeSink(), profile=profile, limits=Limits(idle_s=idle_s), clock=clock)
    await context.emit(ResourceUsage(cpu_percent=1.0, rss_bytes=1, processes=1))

    clock.advance(1)
    await _watched(RunDeadlines(context, stop))

    assert stop.cause == (message and LimitHit("idle_timeout", message))


@pytest.mark.parametrize("is_output", [True, False])
async def test_what_a_process_uses_is_no_output(is_output: bool) -> None:
    clock, stop = FakeClock(), StopSignal()
    context = task_context(FakeSink(), limits=Limits(idle_s=10), clock=clock)
    used = ResourceUsage(cpu_percent=1.0, rss_bytes=1, processes=1)
    clock.advance(11)

    await context.emit(Log(line="", line_num=1, stream="pty") if is_output else used)
    await _watched(RunDeadlines(context, stop))

    silence = LimitHit("idle_timeout", "the agent had no output for 10 s")
    assert stop.cause == (None if is_output else silence)


async def test_the_time_for_which_a_task_is_paused_does_not_count() -> None:
    clock, stop, pauses = FakeClock(), StopSignal(), PauseSignal()
    limits = Limits(timeout_s=10, idle_s=10)
    context = task_context(FakeSink(), limits=limits, clock=clock, pauses=pauses)
    deadlines = RunDeadlines(context, stop)
    pauses.take(PauseWish(is_wanted=True, by="ann"))

    async with asyncio.TaskGroup() as group:
        group.create_task(context.pause_point())
        await anyio.wait_all_tasks_blocked()
        clock.advance(1000)
        pauses.take(PauseWish(is_wanted=False, by="ann", number=2))
    await _watched(deadlines)

    assert stop.cause is None


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (LeaseLost("gone"), LostLease()),
        (LogUnavailable("away"), LostLease()),
        (StorageFull("no room"), LimitHit("storage_full", "no room")),
    ],
)
async def test_a_run_whose_events_cannot_be_stored_is_stopped_while_it_emits_nothing(
    failure: AgentcastError, cause: StopCause
) -> None:
    sink, stop, runner = FakeSink(), StopSignal(), EndlessRunner()
    context = task_context(sink, stop=stop)

    with anyio.fail_after(PATIENCE_S):
        async with asyncio.TaskGroup() as group:
            running = group.create_task(
                run_until_stopped(runner, process_task("work"), context, sink=sink, stop=stop)
            )
            await runner.has_started.wait()
            sink.fail(failure)

    assert running.result() is None
    assert stop.cause == cause


async def test_a_run_whose_first_event_could_not_be_stored_does_not_start() -> None:
    sink, stop, runner = FakeSink(), StopSignal(), EndlessRunner()
    sink.fail(LeaseLost("gone"))

    outcome = await run_until_stopped(
        runner, process_task("work"), task_context(sink, stop=stop), sink=sink, stop=stop
    )

    assert (outcome, stop.cause) == (None, LostLease())
    assert not runner.has_started.is_set()


async def test_a_run_is_not_begun_if_earlier_attempts_have_passed_a_limit() -> None:
    sink, stop = FakeSink(), StopSignal()
    context = task_context(sink, stop=stop, limits=Limits(tokens=10))
    context.ledger.usage = Usage(total_tokens=11)

    outcome = await run_until_stopped(
        DoneRunner(), process_task("work"), context, sink=sink, stop=stop
    )

    assert outcome is None
    assert stop.cause == LimitHit("limit.tokens", "the task went over its limit of tokens")


async def _watched(deadlines: RunDeadlines) -> None:
    """Look once, and no more when there is time left."""
    watching = asyncio.ensure_future(deadlines.watch())
    await anyio.wait_all_tasks_blocked()
    watching.cancel()
    await asyncio.wait((watching,))
