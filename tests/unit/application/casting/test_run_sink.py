"""How the events of a run get into the log, also when that has no room left for the last one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import anyio
import pytest

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.metrics.prometheus_meter import PrometheusMeter, new_registry
from adapters.system.id_source import SystemIdSource
from adapters.wire import JsonEventCodec
from application.casting.event_broadcaster import EventBroadcaster
from application.casting.event_dispatch import EventDispatch
from application.running.lost_tasks import origin_of
from application.upkeep.storage_guard import StorageGuard
from domain.errors import LeaseLost, StorageFull
from domain.ids import SessionId
from domain.process_events import Log
from domain.task_events import TaskFailed
from domain.tool_events import ToolCallStart
from ports.event_log import Append, StoredEvent
from ports.task_queue import Claim
from tests.contract.store_harness import StoreHarness
from tests.fakes import FakeClock, FakeStorage, no_time
from tests.notifiers import notifier_without_watchers
from tests.patience import PATIENCE_S

LAST = TaskFailed(error="the disk is full", reason="storage_full", duration_ms=1)


class FullLog(MemoryEventLog):
    """Has no room before the reserve is spent."""

    def __init__(self, database: MemoryDatabase, storage: FakeStorage) -> None:
        super().__init__(database)
        self._storage = storage

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        if not self._storage.spent:
            raise StorageFull("no room")
        return await super().append(append)


class World:
    def __init__(self) -> None:
        database, self.storage = MemoryDatabase(FakeClock()), FakeStorage()
        ids, codec = SystemIdSource(), JsonEventCodec()
        self.registry = new_registry()
        meter = PrometheusMeter(self.registry)
        log = FullLog(database, self.storage)
        self.harness = replace(StoreHarness.in_memory(database), log=log)
        self.guard = StorageGuard(storage=self.storage, clock=FakeClock(), pause=no_time)
        self.broadcaster = EventBroadcaster(
            log=log,
            codec=codec,
            dispatch=EventDispatch(
                notifier=notifier_without_watchers(),
                log=log,
                codec=codec,
                meter=meter,
            ),
            storage=self.guard,
            clock=FakeClock(),
            ids=ids,
            meter=meter,
        )

    async def written(self, claim: Claim) -> list[str]:
        return [kind for _, kind in await self.harness.written(claim.task.session_key)]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with made.broadcaster.opened():
        yield made


async def test_a_last_event_is_written_with_the_reserve(world: World) -> None:
    claim = await world.harness.start()

    with anyio.fail_after(PATIENCE_S):
        async with world.broadcaster.sink(origin_of(claim)) as sink:
            await sink.end(LAST)

    assert await world.written(claim) == ["task_queued", "task_failed"]
    assert (await world.harness.get(claim.task)).reason == "storage_full"


async def test_what_waits_to_be_written_gets_nothing_of_the_reserve(world: World) -> None:
    claim = await world.harness.start()
    other = await world.harness.start(session_id=SessionId("other"))
    line = Log(line="hello", line_num=1, stream="stdout")
    async with (
        world.broadcaster.sink(origin_of(claim)) as sink,
        world.broadcaster.sink(origin_of(other)) as other_sink,
    ):
        await other_sink.emit(line)

        with anyio.fail_after(PATIENCE_S):
            await sink.end(LAST)
            await other_sink.end(LAST)

    assert await world.written(claim) == ["task_queued", "task_failed"]
    assert await world.written(other) == ["task_queued", "task_failed"]


async def test_an_event_that_cannot_be_encoded_is_counted_and_holds_up_none_of_the_rest(
    world: World,
) -> None:
    world.storage.spent = 1  # there is room
    claim = await world.harness.start()
    broken = ToolCallStart(call_id="c", tool_name="shell", arguments={"at": object()})

    async with world.broadcaster.sink(origin_of(claim)) as sink:
        await sink.emit(broken)
        await sink.emit(Log(line="hello", line_num=1, stream="stdout"))

    assert await world.written(claim) == ["task_queued", "log"]
    assert world.registry.get_sample_value("agentcast_listener_errors_total") == 1


async def test_nothing_follows_the_last_event_of_a_run(world: World) -> None:
    world.storage.spent = 1
    claim = await world.harness.start()

    async with world.broadcaster.sink(origin_of(claim)) as sink:
        await sink.end(LAST)
        with pytest.raises(LeaseLost):
            await sink.emit(Log(line="late", line_num=1, stream="stdout"))

    assert await world.written(claim) == ["task_queued", "task_failed"]


async def test_what_a_run_cannot_store_is_its_failure_from_then_on(world: World) -> None:
    claim = await world.harness.start()
    line = Log(line="hello", line_num=1, stream="stdout")

    with anyio.fail_after(PATIENCE_S), pytest.raises(StorageFull):
        async with world.broadcaster.sink(origin_of(claim)) as sink:
            await sink.emit(line)
            failure = await sink.failed()
            assert sink.failure is failure
            with pytest.raises(StorageFull):
                await sink.recorded()
            await sink.emit(line)

    assert world.guard.trouble is not None
