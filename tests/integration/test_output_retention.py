"""The kept output of tasks goes with them: by age, by size, with their sessions."""

from datetime import datetime, timedelta
from pathlib import Path

from dependency_injector import providers

from adapters.memory.event_retention import MemoryEventRetention
from application.upkeep.retention import RetentionPolicy
from domain.errors import StorageFull
from domain.ids import SessionId, SessionKey
from domain.principal import LOCAL
from domain.task import Task
from ports.event_retention import EventRetention, Trimmed
from tests.fakes import FakeClock, FakeStorage
from tests.integration.graph import Graph, running

DAY_S = 86_400.0


async def test_the_output_of_a_deleted_session_goes_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        gone = [await _ended(graph, session="gone") for _ in range(2)]
        kept = await _ended(graph, session="kept")
        await graph.container.server.sessions().delete(LOCAL, SessionId("gone"))

        await graph.retention(RetentionPolicy()).clean_up()

        assert [await _output(graph, task) for task in (*gone, kept)] == [0, 0, 100_000]


class FullUntilSpent(MemoryEventRetention):
    """Has no room for any step until the reserve was given up."""

    def __init__(self, kept: EventRetention, storage: FakeStorage) -> None:
        assert isinstance(kept, MemoryEventRetention)
        super().__init__(kept.database)
        self._storage = storage

    async def trim(
        self, session_key: SessionKey, *, ended_before: datetime, limit: int
    ) -> Trimmed:
        if not self._storage.spent:
            raise StorageFull("no room")
        return await super().trim(session_key, ended_before=ended_before, limit=limit)


async def test_on_a_full_disk_a_deleted_session_goes_with_the_help_of_the_reserve(
    tmp_path: Path,
) -> None:
    storage = FakeStorage()
    async with running(tmp_path, storage=providers.Object(storage)) as graph:
        task = await _ended(graph)
        await graph.container.server.sessions().delete(LOCAL, SessionId("s"))
        full = FullUntilSpent(graph.container.store.event_retention(), storage)

        await graph.retention(RetentionPolicy(), events=full).clean_up()

        assert storage.spent == 1
        assert await full.dead_sessions(limit=1) == []
        assert await _output(graph, task) == 0


async def test_output_that_was_written_long_ago_goes(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        task = await _ended(graph)
        clock.advance(10_000 * DAY_S)

        await graph.retention(RetentionPolicy()).sweep()
        left = await _output(graph, task)
        await graph.retention(RetentionPolicy(kept_for=timedelta(days=7))).sweep()

        assert (left, await _output(graph, task)) == (100_000, 0)


async def test_output_counts_as_what_is_kept_and_the_oldest_goes_first(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        tasks = []
        for name in ("one", "two", "three"):
            tasks.append(await _ended(graph, session=name))
            clock.advance(60)

        await graph.retention(RetentionPolicy(max_bytes=150_000)).sweep()

        assert [await _output(graph, task) for task in tasks] == [0, 0, 100_000]


async def _ended(graph: Graph, *, session: str = "s") -> Task:
    task = await graph.ended(await graph.submit("work", session=session))
    async with graph.container.store.output_archive().writing(task.task_id) as writer:
        await writer.write("x" * 100_000)
    return task


async def _output(graph: Graph, task: Task) -> int:
    return sum(
        [len(piece) async for piece in graph.container.store.output_archive().read(task.task_id)]
    )
