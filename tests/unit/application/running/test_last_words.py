"""The last event of a run, when the log has no room left."""

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
from domain.errors import StorageFull
from domain.ids import SessionId
from domain.process_events import Log
from domain.task_events import TaskFailed
from ports.event_log import Append, StoredEvent
from ports.task_leases import Claim
from tests.contract.scene import Scene
from tests.fakes import FakeClock, FakeStorage, no_time
from tests.patience import PATIENCE_S
from tests.unwatched import unwatched

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
        meter = PrometheusMeter(new_registry())
        log = FullLog(database, self.storage)
        self.scene = replace(Scene.in_memory(database), log=log)
        self.broadcaster = EventBroadcaster(
            log=log,
            codec=codec,
            dispatch=EventDispatch(
                notifier=unwatched(),
                log=log,
                codec=codec,
                meter=meter,
            ),
            storage=StorageGuard(storage=self.storage, clock=FakeClock(), pause=no_time),
            clock=FakeClock(),
            ids=ids,
            meter=meter,
        )

    async def written(self, claim: Claim) -> list[str]:
        return [kind for _, kind in await self.scene.written(claim.task.session_key)]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with made.broadcaster.opened():
        yield made


async def test_a_last_word_is_written_with_the_reserve(world: World) -> None:
    claim = await world.scene.start()

    with anyio.fail_after(PATIENCE_S):
        await world.broadcaster.on_event(LAST, origin_of(claim))

    assert await world.written(claim) == ["task_queued", "task_failed"]
    assert (await world.scene.get(claim.task)).reason == "storage_full"


async def test_what_waits_to_be_written_gets_nothing_of_the_reserve(world: World) -> None:
    claim = await world.scene.start()
    other = await world.scene.start(session_id=SessionId("other"))
    line = Log(line="hello", line_num=1, stream="stdout")
    await world.broadcaster.on_event(line, origin_of(other))

    with anyio.fail_after(PATIENCE_S):
        await world.broadcaster.on_event(LAST, origin_of(claim))
        await world.broadcaster.on_event(LAST, origin_of(other))

    assert await world.written(claim) == ["task_queued", "task_failed"]
    assert await world.written(other) == ["task_queued", "task_failed"]
