"""A database that is closed while somebody still reads from it."""

import asyncio
import gc

import anyio
from sqlalchemy import Connection, text

from adapters.store.postgres.database import PostgresDatabase
from tests.patience import PATIENCE_S


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


async def test_closing_waits_for_the_connections_of_those_who_gave_up(postgres_url: str) -> None:
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
