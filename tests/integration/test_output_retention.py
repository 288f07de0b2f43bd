"""The kept output of tasks goes with them: by age, by size, with their sessions."""

from datetime import timedelta
from pathlib import Path

from dependency_injector import providers

from application.retention import Retention
from application.retention_policy import RetentionPolicy
from domain.ids import SessionId
from domain.principal import LOCAL
from domain.task import Task
from tests.fakes import FakeClock
from tests.integration.graph import Graph, running

DAY_S = 86_400.0


async def test_the_output_of_a_deleted_session_goes_with_it(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        gone = [await _ended(graph, session="gone") for _ in range(2)]
        kept = await _ended(graph, session="kept")
        await graph.container.sessions().delete(LOCAL, SessionId("gone"))

        await _retention(graph, RetentionPolicy()).clean_up()

        assert [await _output(graph, task) for task in (*gone, kept)] == [0, 0, 100_000]


async def test_output_that_was_written_long_ago_goes(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        task = await _ended(graph)
        clock.advance(10_000 * DAY_S)

        await _retention(graph, RetentionPolicy()).sweep()
        left = await _output(graph, task)
        await _retention(graph, RetentionPolicy(kept_for=timedelta(days=7))).sweep()

        assert (left, await _output(graph, task)) == (100_000, 0)


async def test_output_counts_as_what_is_kept_and_the_oldest_goes_first(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=providers.Object(clock)) as graph:
        tasks = []
        for name in ("one", "two", "three"):
            tasks.append(await _ended(graph, session=name))
            clock.advance(60)

        await _retention(graph, RetentionPolicy(max_bytes=150_000)).sweep()

        assert [await _output(graph, task) for task in tasks] == [0, 0, 100_000]


async def _ended(graph: Graph, *, session: str = "s") -> Task:
    task = await graph.ended(await graph.submit("work", session=session))
    async with graph.container.output_archive().writing(task.task_id) as writer:
        await writer.write("x" * 100_000)
    return task


async def _output(graph: Graph, task: Task) -> int:
    return sum([len(piece) async for piece in graph.container.output_archive().read(task.task_id)])


def _retention(graph: Graph, policy: RetentionPolicy) -> Retention:
    container = graph.container
    return Retention(
        policy=policy,
        events=container.event_retention(),
        workspaces=container.workspace_retention(),
        archive=container.output_archive(),
        sessions=container.session_store(),
        compaction=container.compaction(),
        storage=container.storage_guard(),
        clock=container.clock(),
        is_on=True,
    )
