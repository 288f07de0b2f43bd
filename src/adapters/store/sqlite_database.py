"""SQLite as a database of one file: one thread that writes, a few that read."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from adapters.store import schema, sqlite_errors
from adapters.store.backoff import pauses
from adapters.store.connection_threads import ConnectionThreads
from adapters.store.lost_tail import warn_of_lost_tails
from adapters.store.sqlite_engine import (
    BEGIN_READING,
    BEGIN_WRITING,
    make_private_file,
    reader_engine,
    transacted,
    writer_engine,
)
from domain.errors import LogUnavailable

T = TypeVar("T")

_READERS = 2


class SqliteDatabase:
    """Every write is one BEGIN IMMEDIATE on the one writing connection, in the order asked for."""

    def __init__(self, path: Path, *, patience_s: float = 30.0) -> None:
        self._path = path
        self._patience_s = patience_s
        self._closing = threading.Event()
        self._writer = ConnectionThreads(writer_engine(path), name="store-writer", count=1)
        self._readers = ConnectionThreads(reader_engine(path), name="store-reader", count=_READERS)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        self._closing.clear()
        try:
            await self._start()
            yield
        finally:
            self._closing.set()
            self._readers.stop()
            self._writer.stop()

    async def write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool] | None = None,
    ) -> T:
        """`was_done` is never asked: a commit to a file of this machine always has an answer."""
        return await self._writer.run(lambda connection: self._committed(connection, work))

    def begin_write(
        self,
        work: Callable[[Connection], T],
        *,
        was_done: Callable[[Connection, T], bool],
        on_done: Callable[[T], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """`was_done` is never asked, as in `write`."""
        self._writer.begin(
            lambda connection: self._committed(connection, work),
            on_done=on_done,
            on_error=on_error,
        )

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._readers.run(
            lambda connection: self._committed(connection, work, begin=BEGIN_READING)
        )

    async def _start(self) -> None:
        try:
            make_private_file(self._path)
            is_new = self._path.stat().st_size == 0
            await self._connect_writer()
            await self._writer.run(lambda connection: self._prepare(connection, is_new=is_new))
            await self._readers.start()
        except (*sqlite_errors.FOREIGN, OSError) as error:
            raise sqlite_errors.at_opening(error, self._path) from error

    async def _connect_writer(self) -> None:
        """Two processes that make one new file a write-ahead log meet here."""
        waits = pauses(self._patience_s)
        while True:
            try:
                return await self._writer.start()
            except sqlite_errors.FOREIGN as error:
                pause = next(waits, None)
                if pause is None or not sqlite_errors.is_busy(error):
                    raise
            await asyncio.sleep(pause)

    def _prepare(self, connection: Connection, *, is_new: bool) -> None:
        if not is_new:
            self._check(connection)
        self._persistently(connection, schema.upgrade)
        if not is_new:
            self._persistently(connection, warn_of_lost_tails)

    def _check(self, connection: Connection) -> None:
        problem = self._persistently(
            connection, lambda c: str(c.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        )
        if problem != "ok":
            raise sqlite_errors.damaged(self._path, problem.replace("\n", " "))

    def _committed(
        self,
        connection: Connection,
        work: Callable[[Connection], T],
        *,
        begin: str = BEGIN_WRITING,
    ) -> T:
        try:
            return self._persistently(connection, work, begin=begin)
        except sqlite_errors.FOREIGN as error:
            raise sqlite_errors.while_open(error) from error

    def _persistently(
        self,
        connection: Connection,
        work: Callable[[Connection], T],
        *,
        begin: str = BEGIN_WRITING,
    ) -> T:
        """One transaction, tried again while another process holds the lock."""
        waits = pauses(self._patience_s)
        while True:
            try:
                return transacted(connection, work, begin=begin)
            except sqlite_errors.FOREIGN as error:
                pause = next(waits, None)
                if pause is None or not sqlite_errors.is_busy(error):
                    raise
            if self._closing.wait(pause):
                raise LogUnavailable("the store is being closed")
