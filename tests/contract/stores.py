"""Every adapter of the stores; a new one joins by one function here."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.store.database import Database
from adapters.store.log.event_log import SqlEventLog
from adapters.store.maintenance import upgrade
from adapters.store.open_database import open_database
from tests.contract.postgres import emptied
from tests.contract.store_harness import StoreHarness
from tests.fakes import FakeClock


class OpenHarness(Protocol):
    """Entered again, it is a second node on the same store."""

    def __call__(
        self, *, reserved_s: float = 30.0
    ) -> AbstractAsyncContextManager[StoreHarness]: ...


ADAPTERS = ("memory", "sqlite", "postgres")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema: a copy takes a fifth of the time of creating one."""
    file = tmp_path_factory.mktemp("template") / "store.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))
    return file


@pytest.fixture(params=ADAPTERS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "sqlite":
            shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
            return f"sqlite:///{tmp_path}/store.db"
        case "postgres":
            return str(request.getfixturevalue("postgres_url"))
        case _:
            return "memory"


@pytest.fixture
async def open_harness(store_url: str) -> OpenHarness:
    if store_url == "memory":
        return _in_memory()
    if store_url.startswith("postgresql"):
        await emptied(store_url)
    return partial(sql_harness, store_url)


@pytest.fixture
async def harness(open_harness: OpenHarness) -> AsyncIterator[StoreHarness]:
    async with open_harness() as harness:
        yield harness


@pytest.fixture
async def two_harnesses(
    open_harness: OpenHarness,
) -> AsyncIterator[tuple[StoreHarness, StoreHarness]]:
    async with AsyncExitStack() as nodes:
        one = await nodes.enter_async_context(open_harness())
        other = await nodes.enter_async_context(open_harness())
        yield one, other


@asynccontextmanager
async def sql_harness(
    url: str, *, patience_s: float = 30.0, reserved_s: float = 30.0
) -> AsyncIterator[StoreHarness]:
    database = open_database(url, patience_s=patience_s)
    log = SqlEventLog(database)
    async with database.opened(), log.opened():
        yield StoreHarness.on_sql(database, log, reserved_s=reserved_s)


@asynccontextmanager
async def emptied_sql(url: str) -> AsyncIterator[tuple[StoreHarness, Database]]:
    """For the tests of one store more, on the same database."""
    if url.startswith("postgresql"):
        await emptied(url)
    database = open_database(url)
    log = SqlEventLog(database)
    async with database.opened(), log.opened():
        yield StoreHarness.on_sql(database, log), database


def _in_memory() -> OpenHarness:
    database = MemoryDatabase(FakeClock())

    @asynccontextmanager
    async def opened(*, reserved_s: float = 30.0) -> AsyncIterator[StoreHarness]:
        yield StoreHarness.in_memory(database, reserved_s=reserved_s)

    return opened
