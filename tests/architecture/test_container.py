"""The containers build everything they name, and any adapter is one argument of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from dependency_injector import providers
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Provider

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from application.serving.submit_task import SubmitTask
from domain.ids import AgentName
from domain.principal import LOCAL
from domain.task import Task, TaskResult, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.containers.store import ON_ONE_DATABASE, MixedStores, Stores, memory_stores
from entrypoints.settings.settings import Settings
from ports.event_log import Append, StoredEvent
from ports.language_model import TextDelta
from tests.fakes import CountingIdSource, FakeClock
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeModel

STORES = {
    "memory": "memory:",
    "sqlite": "sqlite:///{folder}/cast.db",
    "postgres": "postgresql://nobody@localhost:1/nothing",
}
NESTED = {
    name: kind
    for name, kind in Container.__annotations__.items()
    if isinstance(kind, type) and issubclass(kind, DeclarativeContainer)
}


def own_providers(container: type[DeclarativeContainer]) -> dict[str, Provider[Any]]:
    """Those that are made in it, and not handed to it."""
    return {
        name: provider
        for name, provider in container.providers.items()
        if not isinstance(provider, providers.Dependency | providers.DependenciesContainer)
    }


PORTS = sorted(
    (place, name)
    for place, kind in NESTED.items()
    for name in own_providers(kind)
    if name in kind.__annotations__
)


class RecordingEventLog(MemoryEventLog):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.appended: list[str] = []

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        self.appended += [event.event_type for event in append.events]
        return await super().append(append)


def nested(wired: Container, place: str) -> DeclarativeContainer:
    part: DeclarativeContainer = getattr(wired, place)
    return part


def container(folder: Path, *, store: str = "memory", **swaps: object) -> Container:
    url = STORES[store].format(folder=folder)
    settings = Settings(data_dir=folder, database_url=url, llm_provider="scripted")
    worker = server_worker(settings, instance="test")
    return Container(settings=settings, worker_settings=worker, **swaps)


async def answered(wired: Container) -> Task:
    """A task of the agent that thinks, once it has ended."""
    async with opened(wired):
        coordinator = wired.server.coordinator()
        request = SubmitTask(text="Say hello", agent=AgentName("react"))
        task = (await coordinator.submit(LOCAL, request)).task
        return await coordinator.finished(LOCAL, task.task_id, timeout_s=5)


@pytest.mark.parametrize("store", STORES)
def test_every_provider_builds_what_it_names(store: str, tmp_path: Path) -> None:
    wired = container(tmp_path, store=store)

    built = {
        f"{place}.{name}": provider()
        for place in NESTED
        for name, provider in nested(wired, place).providers.items()
        if not isinstance(provider, providers.DependenciesContainer)
    }
    built |= {name: each() for name, each in wired.providers.items() if name not in NESTED}

    assert [name for name, thing in built.items() if thing is None] == []
    assert list(tmp_path.iterdir()) == []


def test_no_two_containers_have_a_provider_of_one_name() -> None:
    names = [*Container.providers]
    names += [name for kind in NESTED.values() for name in own_providers(kind)]

    assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize(
    ("place", "port"),
    [
        pytest.param(*port, id=".".join(port))
        for port in PORTS
        if port[1] not in {"stores", *ON_ONE_DATABASE}
    ],
)
def test_whatever_fills_a_port_is_one_argument(place: str, port: str) -> None:
    another = object()

    swaps: dict[str, object] = {port: providers.Object(another)}
    wired = Container(**swaps)

    assert nested(wired, place).providers[port]() is another


@pytest.mark.parametrize(
    "port", ["clock", "ids", "codec", "meter", "secrets", "authenticator", "is_sole_parent"]
)
def test_what_all_parts_share_is_one_argument(port: str) -> None:
    another = object()

    swaps: dict[str, object] = {port: providers.Object(another)}
    wired = Container(**swaps)

    sharing = [kind for kind in NESTED if port in nested(wired, kind).providers]
    assert {nested(wired, kind).providers[port]() for kind in sharing} == {another}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="langauge_model"):
        Container(langauge_model=providers.Object(object()))


def test_each_part_of_the_store_is_the_field_of_its_name(tmp_path: Path) -> None:
    store = container(tmp_path).store
    whole = store.stores()

    for field in fields(Stores):
        assert store.providers[field.name]() is getattr(whole, field.name)


@pytest.mark.parametrize("part", ON_ONE_DATABASE)
def test_a_part_of_another_database_is_refused_with_the_names_of_its_company(
    part: str, tmp_path: Path
) -> None:
    other = memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0)
    swap: dict[str, object] = {part: providers.Object(getattr(other, part))}

    with pytest.raises(MixedStores) as refused:
        container(tmp_path, store="sqlite", **swap)

    assert ", ".join(ON_ONE_DATABASE) in str(refused.value)
    assert "`stores`" in str(refused.value)


async def test_a_part_that_is_swapped_later_is_refused_before_anything_is_opened(
    tmp_path: Path,
) -> None:
    wired = container(tmp_path, store="sqlite")
    other = memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0)
    wired.store.event_log.override(providers.Object(other.event_log))

    with pytest.raises(MixedStores, match=r"^event_log: not on the database"):
        async with opened(wired):
            pass


def test_a_part_that_does_not_show_its_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MixedStores, match=r"^task_store: not on the database"):
        container(tmp_path, task_store=providers.Object(object()))


def test_a_whole_store_with_a_part_of_another_is_refused(tmp_path: Path) -> None:
    one, other = (
        memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0) for _ in range(2)
    )
    mixed = replace(one, event_log=other.event_log)

    with pytest.raises(MixedStores, match=r"^event_log: not on the database"):
        container(tmp_path, stores=providers.Object(mixed))


async def test_a_whole_store_is_one_argument(tmp_path: Path) -> None:
    stores = memory_stores(clock=FakeClock(), ids=CountingIdSource(), lease_s=30.0)
    wired = container(tmp_path, store="sqlite", stores=providers.Object(stores))

    with anyio.fail_after(PATIENCE_S):
        task = await answered(wired)

    assert task.status is TaskStatus.COMPLETED
    assert await stores.task_store.get(LOCAL, task.task_id) == task


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
    database = wired.store.database()
    assert isinstance(database, MemoryDatabase)
    log = RecordingEventLog(database)
    wired.store.event_log.override(providers.Object(log))

    with anyio.fail_after(PATIENCE_S):
        await answered(wired)

    assert (log.appended[0], log.appended[-1]) == ("task_started", "task_complete")
