"""PostgreSQL: several nodes may share it, and it may be unreachable for a while."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool

from adapters.store.database import pauses
from adapters.store.postgres import errors
from adapters.store.postgres.engine import postgres_engine, refuse_old_server
from adapters.store.schema import revisions
from domain.errors import LogUnavailable

T = TypeVar("T")

_READ_PATIENCE_S = 5.0
_CLOSING_S = 3.0


class PostgresDatabase:
    """Work that lost its connection is repeated, unless `was_done` finds that its commit took place."""

    def __init__(self, url: str, *, patience_s: float = 30.0) -> None:
        self._url = url
        self._patience_s = patience_s
        self._engine: AsyncEngine | None = None
        self._begun: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        engine = postgres_engine(self._url, patience_s=self._patience_s)
        try:
            await self._prepare(engine)
            self._engine = engine
            yield
        finally:
            self._engine = None
            await _returned(engine)
            await engine.dispose()

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool] | None = None,
    ) -> T:
        unanswered: list[T] = []  # the result of the last work, if its commit got no answer

        async def once(connection: AsyncConnection) -> T:
            transaction = await connection.begin()
            if unanswered and was_done is not None:
                earlier = unanswered[0]
                if await connection.run_sync(was_done, earlier):
                    return earlier
            unanswered.clear()
            result = await connection.run_sync(work)
            unanswered.append(result)
            await transaction.commit()
            return result

        return await self._retried(once, patience_s=self._patience_s)

    def begin_write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool],
        on_done: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        async def write() -> None:
            try:
                result = await self.write(work, was_done=was_done)
            except BaseException as error:
                on_error(error)
                if not isinstance(error, Exception):
                    raise
            else:
                on_done(result)

        writing = asyncio.ensure_future(write())
        self._begun.add(writing)
        writing.add_done_callback(self._begun.discard)

    def check_room(self, connection: Connection, size_bytes: int) -> None:
        """Does nothing: the disk is the database server's."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        async def once(connection: AsyncConnection) -> T:
            # One statement needs no transaction around it: that spares two round trips.
            at_once = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await at_once.run_sync(work)

        patience_s = min(self._patience_s, _READ_PATIENCE_S)
        return await self._retried(once, patience_s=patience_s)

    def lost(self) -> str | None:
        """None: the files are the database server's."""
        return None

    async def make_room(self) -> None:
        """Does nothing: the disk is the database server's."""

    async def _prepare(self, engine: AsyncEngine) -> None:
        try:
            async with engine.begin() as connection:
                await connection.run_sync(refuse_old_server)
                await connection.run_sync(revisions.upgrade)
        except errors.FOREIGN as error:
            raise errors.at_opening(error, self._url) from error

    async def _retried(
        self, once: Callable[[AsyncConnection], Awaitable[T]], *, patience_s: float
    ) -> T:
        waits = pauses(patience_s)
        while True:
            try:
                return await self._connected(once)
            except errors.FOREIGN as error:
                pause = next(waits, None) if errors.is_transient(error) else None
                if pause is None:
                    raise errors.while_open(error) from error
            await asyncio.sleep(pause)

    async def _connected(self, once: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        if self._engine is None:
            raise LogUnavailable("the store is closed")
        async with self._engine.connect() as connection:
            return await _answered(once, connection)


async def _returned(engine: AsyncEngine) -> None:
    """Waits until no connection is in use: disposing of the engine closes only idle ones.

    After a cancellation, the return of a connection may still be pending on the event loop.
    """
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    for pause in pauses(_CLOSING_S):
        if not pool.checkedout():
            break
        await asyncio.sleep(pause)


async def _answered(
    once: Callable[[AsyncConnection], Awaitable[T]], connection: AsyncConnection
) -> T:
    try:
        return await once(connection)
    except errors.FOREIGN:
        # Testing the connection could block again: the next try gets a new one.
        await connection.invalidate()
        raise


async def inspect_database(url: str, read: Callable[[Connection], T]) -> T:
    """Read without opening the store, which would change its schema. Raises StoreUnusable."""
    engine = postgres_engine(url, patience_s=_READ_PATIENCE_S)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(read)
    except errors.FOREIGN as error:
        raise errors.at_opening(error, url) from error
    finally:
        await engine.dispose()
