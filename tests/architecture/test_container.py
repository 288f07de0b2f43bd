"""The container builds everything it names, and any adapter is one argument of it."""

from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from application.submit_task import SubmitTask
from domain.ids import AgentName
from domain.principal import LOCAL
from domain.task import Task, TaskResult
from entrypoints.container import Container
from entrypoints.opened import opened
from entrypoints.settings import Settings
from entrypoints.worker_identity import server_worker
from ports.event_log import Append, StoredEvent
from ports.language_model import TextDelta
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeModel

STORES = {
    "memory": "memory:",
    "sqlite": "sqlite:///{folder}/cast.db",
    "postgres": "postgresql://nobody@localhost:1/nothing",
}
PORTS = sorted(Container.__annotations__.keys() - {"settings", "worker_settings"})


class RecordingEventLog(MemoryEventLog):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.appended: list[str] = []

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        self.appended += [event.event_type for event in append.events]
        return await super().append(append)


def container(folder: Path, *, store: str = "memory", **swaps: object) -> Container:
    url = STORES[store].format(folder=folder)
    settings = Settings(data_dir=folder, database_url=url, llm_provider="scripted")
    worker = server_worker(settings, instance="test")
    return Container(settings=settings, worker_settings=worker, **swaps)


async def answered(wired: Container) -> Task:
    """A task of the agent that thinks, once it has ended."""
    async with opened(wired):
        coordinator = wired.server_coordinator()
        request = SubmitTask(text="Say hello", agent=AgentName("react"))
        task = (await coordinator.submit(LOCAL, request)).task
        return await coordinator.finished(LOCAL, task.task_id, timeout_s=5)


@pytest.mark.parametrize("store", STORES)
def test_every_provider_builds_what_it_names(store: str, tmp_path: Path) -> None:
    wired = container(tmp_path, store=store)

    built = {name: provider() for name, provider in public_providers(wired).items()}

    assert [name for name, thing in built.items() if thing is None] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", PORTS)
def test_whatever_fills_a_port_is_one_argument(port: str) -> None:
    another = object()

    swaps: dict[str, object] = {port: providers.Object(another)}
    wired = Container(**swaps)

    assert getattr(wired, port)() is another


async def test_another_language_model_answers_the_tasks(tmp_path: Path) -> None:
    model = FakeModel([TextDelta(text="Hello from the fake.")])
    wired = container(tmp_path, language_model=providers.Object(model))

    with anyio.fail_after(PATIENCE_S):
        task = await answered(wired)

    assert task.result == TaskResult(final_answer="Hello from the fake.")


async def test_another_clock_dates_the_tasks(tmp_path: Path) -> None:
    clock = FakeClock()
    wired = container(tmp_path, clock=providers.Object(clock))

    with anyio.fail_after(PATIENCE_S):
        task = await answered(wired)

    assert (task.created_at, task.finished_at) == (clock.now(), clock.now())


async def test_another_event_log_gets_the_events(tmp_path: Path) -> None:
    wired = container(tmp_path)
    database = wired.database()
    assert isinstance(database, MemoryDatabase)
    log = RecordingEventLog(database)
    wired.event_log.override(providers.Object(log))

    with anyio.fail_after(PATIENCE_S):
        await answered(wired)

    assert (log.appended[0], log.appended[-1]) == ("task_started", "task_complete")


def public_providers(wired: Container) -> dict[str, providers.Provider[object]]:
    """A private one is a part of some public one, and fits one kind of store only."""
    found: dict[str, providers.Provider[object]] = wired.providers
    return {name: found[name] for name in found if not name.startswith("_")}
