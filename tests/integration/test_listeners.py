"""Listeners get every event that their process writes, and hold nothing up unless they ask to."""

import asyncio
from dataclasses import replace
from pathlib import Path

import anyio
from dependency_injector import providers

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_store import MemoryTaskStore
from application.casting.listener_feed import MAX_HELD_EVENTS
from domain.events import AgentEvent, Origin
from domain.ids import SessionId, WorkerId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import OnBusy, Task, TaskStatus
from domain.task_events import (
    CancelRequested,
    TaskCancelled,
    TaskComplete,
    TaskInterrupted,
    TaskQueued,
    TaskStarted,
)
from domain.tool_events import InputReceived, InputRequired
from entrypoints.containers.store import memory_stores
from ports.event_log import EncodedEvent
from ports.runner import Completed, Outcome, RunContext
from ports.task_store import IdempotencyKey, Submission
from tests.fakes import CountingIdSource, FakeClock, RecordedEvents
from tests.integration.graph import for_ever, running
from tests.patience import PATIENCE_S

LINES = 3 * MAX_HELD_EVENTS


class Held(RecordedEvents):
    """Takes nothing before `go_on` is set."""

    def __init__(self, *, is_awaited: bool = False) -> None:
        super().__init__()
        self.is_awaited = is_awaited
        self.is_called, self.go_on = asyncio.Event(), asyncio.Event()

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        self.is_called.set()
        await self.go_on.wait()
        await super().on_event(event, origin)


class Broken(RecordedEvents):
    """Cannot take the first event, nor the second one."""

    async def on_event(self, event: AgentEvent, origin: Origin) -> None:
        await super().on_event(event, origin)
        if len(self.events) == 1:
            raise RuntimeError("a listener's bug")
        if len(self.events) == 2:
            raise asyncio.CancelledError


async def talk(task: Task, context: RunContext) -> Outcome:
    for number in range(LINES):
        await context.emit(Log(line="x", line_num=number + 1, stream="pty"))
    return Completed(final_answer="answered")


async def test_a_listener_gets_every_event_of_a_task_from_its_submission_on(
    tmp_path: Path,
) -> None:
    async def ask(task: Task, context: RunContext) -> Outcome:
        await context.emit(InputRequired(prompt="go on?"))
        await context.emit(InputReceived(kind="message", by="ann"))
        return Completed(final_answer="")

    async with running(tmp_path) as graph:
        graph.coordinator.add_listener(recorded := RecordedEvents())
        graph.runner.acts["ask"] = ask
        task = await graph.submit("ask")

        with anyio.fail_after(PATIENCE_S):
            await recorded.until(
                TaskQueued, TaskStarted, InputRequired, InputReceived, TaskComplete
            )

    assert {origin.task_id for origin in recorded.origins} == {task.task_id}
    assert [origin.attempt for origin in recorded.origins] == [0, 1, 1, 1, 1]


async def test_a_listener_gets_what_is_written_of_a_task_that_never_runs(tmp_path: Path) -> None:
    recorded = RecordedEvents()
    async with running(tmp_path, listeners=providers.Object([recorded])) as graph:
        await graph.container.server.worker().drain()
        task = await graph.submit("queued")
        await graph.coordinator.cancel(LOCAL, task.task_id)
        await graph.coordinator.cancel(LOCAL, task.task_id)

        with anyio.fail_after(PATIENCE_S):
            await recorded.until(TaskQueued, CancelRequested, TaskCancelled)


async def test_a_listener_gets_the_end_of_a_task_whose_worker_was_lost(tmp_path: Path) -> None:
    before, after = RecordedEvents(), RecordedEvents()
    async with running(tmp_path, listeners=providers.Object([before])) as graph:
        await graph.container.server.worker().drain()
        await graph.submit("work")
        await graph.container.store.task_leases().claim(
            WorkerId("test.dead"), limit=1, lease_s=3600
        )
        again = {
            "stores": providers.Object(graph.container.store.stores()),
            "listeners": providers.Object([after]),
        }
        async with running(tmp_path, **again):
            with anyio.fail_after(PATIENCE_S):
                await after.until(TaskInterrupted)

    assert [type(event) for event in before.events] == [TaskQueued]


async def test_a_slow_listener_is_behind_in_the_log_and_holds_no_run(tmp_path: Path) -> None:
    slow, quick = Held(), RecordedEvents()
    async with running(tmp_path, listeners=providers.Object([slow, quick])) as graph:
        graph.runner.acts["talk"] = talk
        talked = await graph.ended(await graph.submit("talk"))
        with anyio.fail_after(PATIENCE_S):
            await quick.until(TaskQueued, TaskStarted, *[Log] * LINES, TaskComplete)
        slow_had, backlog = len(slow.events), graph.container.streams.event_dispatch().backlog

        slow.go_on.set()
        with anyio.fail_after(PATIENCE_S):
            await slow.until(*map(type, quick.events))

    assert talked.status is TaskStatus.COMPLETED
    assert (slow_had, backlog) == (0, LINES + 3)
    assert slow.events == quick.events
    assert graph.container.meter().total("listener_events_lost") == 0


async def test_a_listener_that_is_too_late_does_not_get_trimmed_events(tmp_path: Path) -> None:
    async with running(tmp_path, listeners=providers.Object([slow := Held()])) as graph:
        graph.runner.acts["talk"] = talk
        await graph.ended(await graph.submit("talk"))
        later = await graph.ended(await graph.submit("later", session="later"))
        await graph.container.server.sessions().delete(LOCAL, SessionId("s"))
        await graph.container.store.session_store().purge()

        slow.go_on.set()
        with anyio.fail_after(PATIENCE_S):
            await graph.container.streams.event_dispatch().caught_up()

    lost = graph.container.meter().total("listener_events_lost")
    assert 0 < lost < LINES
    assert len(slow.events) + lost == LINES + 3 + 3
    of_later = [one for one in slow.origins if one.task_id == later.task_id]
    assert len(of_later) == 3


async def test_an_awaited_listener_has_what_came_before_when_the_run_goes_on(
    tmp_path: Path,
) -> None:
    steps: list[str] = []

    async def act(task: Task, context: RunContext) -> Outcome:
        await context.emit(Log(line="about to", line_num=1, stream="pty"))
        await context.recorded()
        steps.append("acted")
        return Completed(final_answer="")

    async with running(tmp_path) as graph:
        graph.coordinator.add_listener(audit := Held(is_awaited=True))
        graph.runner.acts["act"] = act
        task = await graph.submit("act")
        with anyio.fail_after(PATIENCE_S):
            await audit.is_called.wait()
            await anyio.wait_all_tasks_blocked()
            steps.append(await graph.status(task))

            audit.go_on.set()
            await audit.until(TaskQueued, TaskStarted, Log, TaskComplete)

    assert steps == ["running", "acted"]


async def test_a_shutdown_waits_for_no_listener_beyond_its_time(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.coordinator.add_listener(audit := Held(is_awaited=True))
        graph.runner.acts["for ever"] = for_ever
        task = await graph.submit("for ever")
        with anyio.fail_after(PATIENCE_S):
            await graph.runner.has_started(task)
            await graph.coordinator.drain()
        ended = await graph.coordinator.get_task(LOCAL, task.task_id)
        had = len(audit.events)
        audit.go_on.set()

    assert (ended.status, ended.reason) == (TaskStatus.INTERRUPTED, "shutdown")
    assert (had, type(audit.events[-1])) == (0, TaskInterrupted)


async def test_a_listener_that_fails_touches_neither_the_run_nor_other_listeners(
    tmp_path: Path,
) -> None:
    broken, recorded = Broken(), RecordedEvents()
    async with running(tmp_path, listeners=providers.Object([broken, recorded])) as graph:
        task = await graph.ended(await graph.submit("count"))

        with anyio.fail_after(PATIENCE_S):
            for one in (broken, recorded):
                await one.until(TaskQueued, TaskStarted, TaskComplete)

    assert task.status is TaskStatus.COMPLETED
    assert graph.container.meter().total("listener_errors") == 2


async def test_listeners_get_what_is_stored_although_its_caller_has_left(
    tmp_path: Path,
) -> None:
    stores = memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0)
    assert isinstance(stores.database, MemoryDatabase)
    tasks, recorded = SlowTasks(stores.database), RecordedEvents()
    swaps = {
        "stores": providers.Object(replace(stores, task_store=tasks)),
        "listeners": providers.Object([recorded]),
    }
    async with running(tmp_path, **swaps) as graph:
        asking = asyncio.ensure_future(graph.submit("say"))
        with anyio.fail_after(PATIENCE_S):
            await tasks.is_stored.wait()
            asking.cancel()
            await asyncio.wait((asking,))
            tasks.go_on.set()

            await recorded.until(TaskQueued, TaskStarted, TaskComplete)


async def test_a_write_from_outside_that_takes_long_holds_no_run_of_its_session(
    tmp_path: Path,
) -> None:
    stores = memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0)
    assert isinstance(stores.database, MemoryDatabase)
    tasks, recorded, may_go_on = SlowTasks(stores.database), RecordedEvents(), asyncio.Event()

    async def act(task: Task, context: RunContext) -> Outcome:
        await may_go_on.wait()
        await context.emit(Log(line="x", line_num=1, stream="pty"))
        await context.recorded()
        return Completed(final_answer="")

    swaps = {
        "stores": providers.Object(replace(stores, task_store=tasks)),
        "listeners": providers.Object([recorded]),
    }
    async with running(tmp_path, **swaps) as graph:
        graph.runner.acts["act"] = act
        with anyio.fail_after(PATIENCE_S):
            tasks.go_on.set()
            running_task = await graph.submit("act")
            await recorded.until(TaskQueued, TaskStarted)
            tasks.go_on.clear()
            tasks.is_stored.clear()
            asking = asyncio.ensure_future(graph.submit("say"))
            await tasks.is_stored.wait()
            may_go_on.set()

            ended = await graph.ended(running_task)
            recorded_before = [type(event) for event in recorded.events]
            tasks.go_on.set()
            await asking
            await recorded.until(
                TaskQueued, TaskStarted, TaskQueued, Log, TaskComplete, TaskStarted, TaskComplete
            )

    assert ended.status is TaskStatus.COMPLETED
    assert recorded_before == [TaskQueued, TaskStarted]


class SlowTasks(MemoryTaskStore):
    """Answers a submission, which it has stored, when it may."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.is_stored, self.go_on = asyncio.Event(), asyncio.Event()

    async def submit(
        self,
        task: Task,
        queued: EncodedEvent,
        *,
        on_busy: OnBusy = "enqueue",
        idempotency: IdempotencyKey | None = None,
        reserved_for: WorkerId | None = None,
    ) -> Submission:
        submission = await super().submit(task, queued, on_busy=on_busy, idempotency=idempotency)
        self.is_stored.set()
        await self.go_on.wait()
        return submission
