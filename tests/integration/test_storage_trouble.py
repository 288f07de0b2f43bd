"""What becomes of tasks when the disk is full or the store's files are gone."""

from pathlib import Path

import pytest
from dependency_injector import providers

from application.serving.sessions import SessionForks
from application.upkeep.storage_guard import StorageGuard
from domain.agent_profile import AgentProfile
from domain.errors import LogUnavailable, StorageFull
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.task import TaskStatus
from domain.task_events import FailureReason
from ports.session_store import SessionEdit
from ports.storage import StorageTrouble
from tests.fakes import FakeStorage
from tests.integration.graph import Graph, for_ever, running

FULL = StorageTrouble(kind="storage_full", message="the disk is full")
LOST = StorageTrouble(kind="store_lost", message="the files are gone")


@pytest.fixture
def storage() -> FakeStorage:
    return FakeStorage()


@pytest.mark.parametrize(
    ("trouble", "reason", "error"),
    [(FULL, "storage_full", StorageFull), (LOST, "store_lost", LogUnavailable)],
)
async def test_trouble_ends_what_runs_by_its_name_and_lets_nothing_begin(
    tmp_path: Path,
    storage: FakeStorage,
    trouble: StorageTrouble,
    reason: FailureReason,
    error: type[Exception],
) -> None:
    async with running(tmp_path, storage=providers.Object(storage)) as graph:
        graph.runner.acts["for ever"] = for_ever
        tasks = [await graph.submit("for ever", session=session) for session in "ab"]
        behind = await graph.submit("behind it", session="a")
        for task in tasks:
            await graph.runner.has_started(task)

        storage.trouble = trouble
        await _guard(graph).look()

        for task in tasks:
            ended = await graph.ended(task)
            assert (ended.status, ended.reason) == (TaskStatus.FAILED, reason)
        with pytest.raises(error):
            await graph.submit("more")
        assert await graph.status(behind) == TaskStatus.QUEUED

        storage.trouble = None
        await _guard(graph).look()

        assert (await graph.ended(behind)).status == TaskStatus.COMPLETED


@pytest.mark.parametrize(("trouble", "error"), [(FULL, StorageFull), (LOST, LogUnavailable)])
async def test_in_trouble_nothing_new_is_made(
    tmp_path: Path, storage: FakeStorage, trouble: StorageTrouble, error: type[Exception]
) -> None:
    async with running(tmp_path, storage=providers.Object(storage)) as graph:
        sessions, agents = graph.container.server.sessions(), graph.container.server.known_agents()
        forks = SessionForks(sessions=sessions, log=graph.container.store.event_log())
        old = await graph.ended(await graph.submit("done"))
        profile = AgentProfile(name=AgentName("new"), kind="fake")

        async def fork() -> None:
            await forks.fork(LOCAL, old.session_id, new_id=SessionId("f"), title=None)

        storage.trouble = trouble
        await _guard(graph).look()

        with pytest.raises(error):
            await sessions.create(LOCAL, SessionId("n"), SessionEdit())
        with pytest.raises(error):
            await fork()
        with pytest.raises(error):
            await agents.put(LOCAL, profile)
        with pytest.raises(error):
            await graph.coordinator.retry(LOCAL, old.task_id)
        assert [each.session_id for each in await sessions.list(LOCAL, limit=9)] == ["s"]

        storage.trouble = None
        await _guard(graph).look()
        await sessions.create(LOCAL, SessionId("n"), SessionEdit())
        await fork()
        assert await agents.put(LOCAL, profile)


def _guard(graph: Graph) -> StorageGuard:
    guard: StorageGuard = graph.container.store.storage_guard()
    return guard
