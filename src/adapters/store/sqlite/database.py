"""SQLite as a database of one file: one thread that writes, a few that read."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from adapters.store.database import pauses
from adapters.store.schema import revisions
from adapters.store.sqlite import errors
from adapters.store.sqlite.connection_threads import ConnectionThreads
from adapters.store.sqlite.disk_storage import Reserve
from adapters.store.sqlite.engine import (
    BEGIN_READING,
    BEGIN_WRITING,
    empty_log,
    has_room,
    make_private_file,
    reader_engine,
    shrink,
    transacted,
    writer_engine,
)
from adapters.store.sqlite.files import SqliteFiles, warn_of_lost_tails
from domain.errors import LogUnavailable, StorageFull

T = TypeVar("T")

_READERS = 2
_LITTLE_BYTES = 32 * 1024


class SqliteDatabase:
    """Every write is one BEGIN IMMEDIATE on the one writing connection, in the order asked for.

    On a disk so full that connections cannot share memory, that connection reads as well.
    """

    def __init__(
        self,
        path: Path,
        *,
        patience_s: float = 30.0,
        marker: Path | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        """`marker` remembers that there was a database; without it a lost one is not noticed."""
        self._path = path
        self._files = SqliteFiles(path, marker=marker)
        self._reserve = reserve or Reserve(path.parent)
        self._patience_s = patience_s
        self._closing = threading.Event()
        self._writer = ConnectionThreads(writer_engine(path), name="store-writer", count=1)
        self._readers = ConnectionThreads(reader_engine(path), name="store-reader", count=_READERS)
        self._is_alone = self._is_cramped = False

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
        """`was_done` is never asked: a commit to a file of this machine always has an answer.

        Nothing is acknowledged that goes into a file which nobody will find again.
        """
        if (lost := self.lost()) is not None:
            raise LogUnavailable(lost)
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

    def check_room(self, connection: Connection, size_bytes: int) -> None:
        """What the log holds beyond the reserve could not be written back when the disk is full."""
        if size_bytes > _LITTLE_BYTES and not has_room(connection, self._path, size_bytes):
            raise StorageFull("the disk that holds the event log is almost full")

    async def read(self, work: Callable[[Connection], T]) -> T:
        threads = self._writer if self._is_alone else self._readers
        return await threads.run(
            lambda connection: self._committed(connection, work, begin=BEGIN_READING)
        )

    def lost(self) -> str | None:
        return self._files.lost()

    async def make_room(self) -> None:
        if self._is_alone:
            await self._share()
        with suppress(*errors.FOREIGN, OSError):
            await self._writer.run(self._give_back)

    async def _start(self) -> None:
        try:
            self._files.check()
            make_private_file(self._path)
            is_new = self._path.stat().st_size == 0
            await self._connect()
            await self._writer.run(lambda connection: self._prepare(connection, is_new=is_new))
            if not self._is_alone:
                await self._readers.start()
            self._files.opened()
        except (*errors.FOREIGN, OSError) as error:
            raise errors.at_opening(error, self._path) from error

    async def _connect(self) -> None:
        """What was reserved is spent before the database is opened for one connection alone."""
        if await self._has_connected():
            return
        self._reserve.spend()
        if not await self._has_connected():
            await self._be_alone()

    async def _has_connected(self) -> bool:
        """False on a full disk."""
        try:
            await self._connect_writer()
        except errors.FOREIGN as error:
            if not errors.is_full(error):
                raise
            return False
        return True

    async def _be_alone(self) -> None:
        self._is_alone = True
        await self._writer.start_again(writer_engine(self._path, is_alone=True))

    async def _share(self) -> None:
        self._files.closed()
        try:
            await self._writer.start_again(writer_engine(self._path))
            await self._readers.start()
            self._is_alone = False
        except errors.FOREIGN:
            self._readers.stop()  # of which one may have connected
            await self._be_alone()
        self._files.opened()

    async def _connect_writer(self) -> None:
        """Two processes that make one new file a write-ahead log meet here."""
        waits = pauses(self._patience_s)
        while True:
            try:
                return await self._writer.start()
            except errors.FOREIGN as error:
                pause = next(waits, None)
                if pause is None or not errors.is_busy(error):
                    raise
            await asyncio.sleep(pause)

    def _give_back(self, connection: Connection) -> None:
        if self._empty_log(connection):
            shrink(connection, self._path)

    def _empty_log(self, connection: Connection) -> bool:
        self._is_cramped = not empty_log(connection, self._path)
        return not self._is_cramped

    def _prepare(self, connection: Connection, *, is_new: bool) -> None:
        if not is_new:
            self._check(connection)
        if self._persistently(connection, revisions.current) is None:
            self._files.refuse_empty()
        self._persistently(connection, revisions.upgrade)
        self._files.mark()
        if not is_new:
            self._persistently(connection, warn_of_lost_tails)

    def _check(self, connection: Connection) -> None:
        problem = self._persistently(
            connection, lambda c: str(c.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        )
        if problem != "ok":
            raise errors.damaged(self._path, problem.replace("\n", " "))

    def _committed(
        self,
        connection: Connection,
        work: Callable[[Connection], T],
        *,
        begin: str = BEGIN_WRITING,
    ) -> T:
        try:
            return self._with_the_room_there_is(connection, work, begin=begin)
        except (*errors.FOREIGN, OSError) as error:  # its folder may be gone
            raise errors.while_open(error) from error

    def _with_the_room_there_is(
        self, connection: Connection, work: Callable[[Connection], T], *, begin: str
    ) -> T:
        """On a full disk once more, when the log could be written back and begins again."""
        if begin is not BEGIN_WRITING:
            return self._persistently(connection, work, begin=begin)
        if self._is_cramped:
            self._empty_log(connection)
        try:
            return self._persistently(connection, work, begin=begin)
        except errors.FOREIGN as error:
            if not errors.is_full(error) or not self._empty_log(connection):
                raise
        return self._persistently(connection, work, begin=begin)

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
            except errors.FOREIGN as error:
                pause = next(waits, None)
                if pause is None or not errors.is_busy(error):
                    raise
            if self._closing.wait(pause):
                raise LogUnavailable("the store is being closed")
