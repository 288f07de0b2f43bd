"""What a stream of an agent shows of the sessions that the agent works in, and for how long."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_store import MemoryTaskStore
from adapters.system.id_source import SystemIdSource
from application.cursors.composite_cursor import parse_delta
from application.watching.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.watching.stream_steps import Connected, Reset
from application.watching.watch import Watch
from domain.ids import AgentName, TaskId
from domain.principal import LOCAL, Principal
from domain.process_events import Log
from domain.task import Task
from entrypoints.containers.store import memory_stores
from ports.runner import Completed, Outcome, RunContext
from ports.task_store import TaskQuery
from tests.fakes import FakeClock
from tests.integration.graph import Graph, events_of, for_ever, next_step, running
from tests.patience import PATIENCE_S


async def test_a_busy_session_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = _talk
        busy = await graph.ended(await graph.submit("talk", session="busy"))
        quiet = await graph.ended(await graph.submit("say", session="quiet"))
        watch = await _of_agent(graph, Replay(None))

        shown = [event["session_id"] for event in await _take(watch, 1003 + 3)]

        last_busy = len(shown) - shown[::-1].index(busy.session_id) - 1
        assert shown.index(quiet.session_id) < last_busy
        graph.container.streams.watches().close(watch)


async def test_sessions_that_are_deleted_leave_the_cursor(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        tasks = [await graph.submit("say", session=f"s{number}") for number in range(20)]
        watch = await _of_agent(graph, Replay(None))
        await _take(watch, 20 * 3)
        kept, *deleted = tasks
        for task in deleted:
            await graph.container.server.sessions().delete(LOCAL, task.session_id)

        await graph.submit("say", session=kept.session_id)

        [*_, last] = await _take(watch, 3)
        assert set(parse_delta(str(last["id"]).removeprefix("m.")).moved) == {kept.session_key}
        graph.container.streams.watches().close(watch)


async def test_a_clock_that_jumps_back_hides_no_task(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        await graph.ended(await graph.submit("before", session="before"))
        watch = await _of_agent(graph, FromNow())

        clock.advance(-3600)
        task = await graph.submit("after", session="after")

        assert [event["task_id"] for event in await _take(watch, 3)] == [task.task_id] * 3
        graph.container.streams.watches().close(watch)


async def test_a_cursor_of_another_store_gets_a_reset_and_everything_there_is(
    tmp_path: Path,
) -> None:
    async with running(tmp_path / "other") as other:
        await other.ended(await other.submit("say", session="theirs"))
        watch = await _of_agent(other, FromNow())
        connected = await next_step(watch)
        assert isinstance(connected, Connected) and connected.cursor
        other.container.streams.watches().close(watch)
    async with running(tmp_path / "own") as graph:
        own = await graph.ended(await graph.submit("say", session="ours"))

        watch = await _of_agent(graph, FromCursor(connected.cursor))

        assert isinstance(await next_step(watch), Connected)
        reset = await next_step(watch)
        assert isinstance(reset, Reset) and (reset.reason, bool(reset.cursor)) == (
            "diverged",
            True,
        )
        assert [event["task_id"] for event in await _take(watch, 3)] == [own.task_id] * 3
        graph.container.streams.watches().close(watch)


@pytest.mark.parametrize("number", ["8c0b2f7ac0000", "7fffffffffffffff"])
async def test_a_cursor_beyond_all_tasks_gets_a_reset(tmp_path: Path, number: str) -> None:
    async with running(tmp_path) as graph:
        watch = await _of_agent(graph, FromCursor(f"m.{number}-0000000a"))

        assert isinstance(await next_step(watch), Connected)
        reset = await next_step(watch)
        assert isinstance(reset, Reset) and (reset.reason, bool(reset.cursor)) == (
            "diverged",
            True,
        )
        graph.container.streams.watches().close(watch)


async def test_a_cursor_stays_good_when_its_newest_task_is_removed(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await graph.ended(await graph.submit("say", session="gone"))
        watch = await _of_agent(graph, FromNow())
        connected = await next_step(watch)
        assert isinstance(connected, Connected) and connected.cursor
        graph.container.streams.watches().close(watch)
        await graph.container.store.session_store().delete(LOCAL, task.session_id)
        await graph.container.store.session_store().purge()
        new = await graph.submit("say", session="new")

        watch = await _of_agent(graph, FromCursor(connected.cursor))

        await next_step(watch)
        assert [event["task_id"] for event in await _take(watch, 3)] == [new.task_id] * 3
        graph.container.streams.watches().close(watch)


async def test_opening_and_resuming_load_no_task_that_is_over(tmp_path: Path) -> None:
    stores = memory_stores(clock=FakeClock(), ids=SystemIdSource(), lease_s=30.0)
    assert isinstance(stores.database, MemoryDatabase)
    tasks = NotedTasks(stores.database)
    swaps = providers.Object(replace(stores, task_store=tasks))
    async with running(tmp_path, stores=swaps) as graph:
        graph.runner.acts["for ever"] = for_ever
        for number in range(5):
            await graph.ended(await graph.submit("say", session=f"s{number}"))
        live = await graph.submit("for ever", session="live")
        tasks.loaded.clear()

        watch = await _of_agent(graph, FromNow())
        connected = await next_step(watch)
        assert isinstance(connected, Connected) and connected.cursor
        graph.container.streams.watches().close(watch)
        watch = await _of_agent(graph, FromCursor(connected.cursor))
        graph.container.streams.watches().close(watch)

        assert set(tasks.loaded) == {live.task_id}


class NotedTasks(MemoryTaskStore):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.loaded: list[TaskId] = []

    async def list(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        found = await super().list(principal, query)
        self.loaded += [task.task_id for task in found]
        return found


async def _of_agent(graph: Graph, start: FromNow | FromCursor | Replay) -> Watch:
    asked = StreamRequest(agents=(AgentName("fake"),), start=start)
    watch = await graph.container.streams.watches().open(LOCAL, asked)
    assert watch is not None
    return watch


async def _take(watch: Watch, count: int) -> list[Mapping[str, object]]:
    events: list[Mapping[str, object]] = []
    with anyio.fail_after(PATIENCE_S):
        async for event in events_of(watch):
            events.append(event)
            if len(events) == count:
                break
    return events


async def _talk(task: Task, context: RunContext) -> Outcome:
    for number in range(1000):
        await context.emit(Log(stream="stdout", line=str(number), line_num=number + 1))
    return Completed(final_answer="talked")
