"""PostgreSQL that cuts connections, cannot be reached, or is closed while it is read."""

import asyncio
import gc

import anyio
import pytest
from sqlalchemy import Connection, text

from adapters.store.open_database import open_database
from adapters.store.postgres.database import PostgresDatabase
from domain.errors import InvalidInput, StoreUnusable
from tests.contract.postgres import emptied, execute
from tests.contract.stores import sql_harness
from tests.patience import PATIENCE_S

_CUT_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'agentcast'"
)


async def test_appends_survive_the_loss_of_every_connection(postgres_url: str) -> None:
    async with sql_harness(await emptied(postgres_url)) as harness:
        claims = [await harness.start(f"talk-{number}") for number in range(5)]
        appended = asyncio.Semaphore(0)

        async def append(number: int) -> None:
            for line in range(60):
                await harness.log.append(harness.lines(claims[number], str(line)))
                appended.release()

        async def cut() -> None:
            for _ in range(10):
                for _ in range(25):
                    await appended.acquire()
                await execute(postgres_url, _CUT_ALL)

        with anyio.fail_after(PATIENCE_S):
            async with asyncio.TaskGroup() as group:
                group.create_task(cut())
                for number in range(5):
                    group.create_task(append(number))

        for claim in claims:
            stored = await harness.log.read(claim.task.session_key, after=1, limit=100)
            assert [event.seq for event in stored] == list(range(2, 62))
            assert [b'"line":"%d"' % line in event.body for line, event in enumerate(stored)] == [
                True
            ] * 60


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    database = open_database("postgresql://me:hunter2@127.0.0.1:1/x")

    with pytest.raises(StoreUnusable) as refused:
        async with database.opened():
            pass

    assert "postgresql://me:***@127.0.0.1:1/x" in str(refused.value)
    assert "hunter2" not in str(refused.value)


async def test_a_text_that_postgresql_cannot_hold_is_refused(postgres_url: str) -> None:
    async with sql_harness(await emptied(postgres_url)) as harness:
        with pytest.raises(InvalidInput):
            await harness.submit(harness.new_task(text="nul \x00"))


async def test_closing_waits_for_what_is_being_read(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    has_begun = asyncio.Event()

    def count(connection: Connection) -> int:
        has_begun.set()
        return int(connection.execute(text("SELECT 7 FROM pg_sleep(0.2)")).scalar_one())

    async with database.opened():
        reading = asyncio.create_task(database.read(count))
        with anyio.fail_after(PATIENCE_S):
            await has_begun.wait()

    assert reading.done()
    assert await reading == 7


async def test_closing_waits_for_the_connections_of_cancelled_readers(postgres_url: str) -> None:
    database = PostgresDatabase(postgres_url)
    has_begun = asyncio.Event()

    def count(connection: Connection) -> None:
        has_begun.set()
        connection.execute(text("SELECT pg_sleep(0.5)"))

    async with database.opened():
        reading = asyncio.create_task(database.read(count))
        with anyio.fail_after(PATIENCE_S):
            await has_begun.wait()
        reading.cancel()
        await asyncio.wait({reading})
    gc.collect()

    assert reading.cancelled()
