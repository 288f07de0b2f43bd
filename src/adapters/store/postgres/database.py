"""PostgreSQL as a database that several nodes share, and that may be away for a while."""

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
    """Work that lost its connection is done again; a commit without an answer is looked into."""

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
        unanswered: list[T] = []  # what the last work had returned whose commit got no answer

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

        return await self._persistently(once, patience_s=self._patience_s)

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
        """Its server minds its own disk."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        async def once(connection: AsyncConnection) -> T:
            # One statement needs no transaction around it: that spares two round trips.
            at_once = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await at_once.run_sync(work)

        patience_s = min(self._patience_s, _READ_PATIENCE_S)
        return await self._persistently(once, patience_s=patience_s)

    def lost(self) -> str | None:
        """Its server minds its own files."""
        return None

    async def make_room(self) -> None:
        """Its server minds its own disk."""

    async def _prepare(self, engine: AsyncEngine) -> None:
        try:
            async with engine.begin() as connection:
                await connection.run_sync(refuse_old_server)
                await connection.run_sync(revisions.upgrade)
        except errors.FOREIGN as error:
            raise errors.at_opening(error, self._url) from error

    async def _persistently(
        self, once: Callable[[AsyncConnection], Awaitable[T]], *, patience_s: float
    ) -> T:
        waits = pauses(patience_s)
        while True:
            try:
                return await self._connected(once)
            except errors.FOREIGN as error:
                pause = next(waits, None) if errors.is_passing(error) else None
                if pause is None:
                    raise errors.while_open(error) from error
            await asyncio.sleep(pause)

    async def _connected(self, once: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        if self._engine is None:
            raise LogUnavailable("the store is closed")
        async with self._engine.connect() as connection:
            return await _answered(once, connection)


async def _returned(engine: AsyncEngine) -> None:
    """When nobody uses a connection any more: disposing of the engine closes only idle ones.

    Whoever was cancelled may have left the return of its connection to the event loop.
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
        # Whether it still answers is not worth another wait: the next try gets a new one.
        await connection.invalidate()
        raise


async def look_into(url: str, look: Callable[[Connection], T]) -> T:
    """Without opening the store, which would change its schema."""
    engine = postgres_engine(url, patience_s=_READ_PATIENCE_S)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    except errors.FOREIGN as error:
        raise errors.at_opening(error, url) from error
    finally:
        await engine.dispose()
