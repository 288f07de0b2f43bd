"""SQLite: one file, one thread that writes, two that read."""

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
    has_room,
    make_private_file,
    reader_engine,
    shrink,
    transacted,
    write_back_log,
    writer_engine,
)
from adapters.store.sqlite.files import SqliteFiles, warn_of_lost_tails
from domain.errors import LogUnavailable, StorageFull

T = TypeVar("T")

_READERS = 2
_LITTLE_BYTES = 32 * 1024


class SqliteDatabase:
    """Every write is one BEGIN IMMEDIATE on the only writing connection, in the order of the calls.

    On a disk so full that connections cannot share memory, which is a file too, that connection
    reads as well.
    """

    def __init__(
        self,
        path: Path,
        *,
        patience_s: float = 30.0,
        marker: Path | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        """`marker` records that there was a database; without it a lost one is not noticed."""
        self._path = path
        self._files = SqliteFiles(path, marker=marker)
        self._reserve = reserve or Reserve(path.parent)
        self._patience_s = patience_s
        self._closing = threading.Event()
        self._writer = ConnectionThreads(writer_engine(path), name="store-writer", count=1)
        self._readers = ConnectionThreads(reader_engine(path), name="store-reader", count=_READERS)
        self._is_exclusive = self._is_checkpoint_due = False

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
        """`was_done` is never called: a commit to a file of this machine always has an answer.

        Raises LogUnavailable when the file was removed or replaced: nothing in it would be found.
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
        """`was_done` is never called, as in `write`."""
        self._writer.begin(
            lambda connection: self._committed(connection, work),
            on_done=on_done,
            on_error=on_error,
        )

    def check_room(self, connection: Connection, size_bytes: int) -> None:
        """Otherwise the write-ahead log could grow until no room is left to write it back."""
        if size_bytes > _LITTLE_BYTES and not has_room(connection, self._path, size_bytes):
            raise StorageFull("the disk that holds the event log is almost full")

    async def read(self, work: Callable[[Connection], T]) -> T:
        threads = self._writer if self._is_exclusive else self._readers
        return await threads.run(
            lambda connection: self._committed(connection, work, begin=BEGIN_READING)
        )

    def lost(self) -> str | None:
        return self._files.lost()

    async def make_room(self) -> None:
        if self._is_exclusive:
            await self._open_shared()
        with suppress(*errors.FOREIGN, OSError):
            await self._writer.run(self._reclaim_room)

    async def _start(self) -> None:
        try:
            self._files.check()
            make_private_file(self._path)
            is_new = self._path.stat().st_size == 0
            await self._connect()
            await self._writer.run(lambda connection: self._prepare(connection, is_new=is_new))
            if not self._is_exclusive:
                await self._readers.start()
            self._files.opened()
        except (*errors.FOREIGN, OSError) as error:
            raise errors.at_opening(error, self._path) from error

    async def _connect(self) -> None:
        """On a full disk the reserve is spent first; if that is not enough, one connection has to do."""
        if await self._try_connect():
            return
        self._reserve.spend()
        if not await self._try_connect():
            await self._open_exclusively()

    async def _try_connect(self) -> bool:
        """False if the disk is full."""
        try:
            await self._connect_writer()
        except errors.FOREIGN as error:
            if not errors.is_full(error):
                raise
            return False
        return True

    async def _open_exclusively(self) -> None:
        self._is_exclusive = True
        await self._writer.restart(writer_engine(self._path, is_exclusive=True))

    async def _open_shared(self) -> None:
        self._files.closed()
        try:
            await self._writer.restart(writer_engine(self._path))
            await self._readers.start()
            self._is_exclusive = False
        except errors.FOREIGN:
            self._readers.stop()  # one of them may have connected
            await self._open_exclusively()
        self._files.opened()

    async def _connect_writer(self) -> None:
        """Retried while another process turns the same new file into a write-ahead log."""
        waits = pauses(self._patience_s)
        while True:
            try:
                return await self._writer.start()
            except errors.FOREIGN as error:
                pause = next(waits, None)
                if pause is None or not errors.is_busy(error):
                    raise
            await asyncio.sleep(pause)

    def _reclaim_room(self, connection: Connection) -> None:
        if self._write_back_log(connection):
            shrink(connection, self._path)

    def _write_back_log(self, connection: Connection) -> bool:
        self._is_checkpoint_due = not write_back_log(connection, self._path)
        return not self._is_checkpoint_due

    def _prepare(self, connection: Connection, *, is_new: bool) -> None:
        if not is_new:
            self._check(connection)
        if self._retried(connection, revisions.current) is None:
            self._files.refuse_empty()
        self._retried(connection, revisions.upgrade)
        self._files.mark()
        if not is_new:
            self._retried(connection, warn_of_lost_tails)

    def _check(self, connection: Connection) -> None:
        problem = self._retried(
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
            return self._with_room(connection, work, begin=begin)
        except (*errors.FOREIGN, OSError) as error:  # OSError: its folder may be gone
            raise errors.while_open(error) from error

    def _with_room(
        self, connection: Connection, work: Callable[[Connection], T], *, begin: str
    ) -> T:
        """On a full disk tried once more, if the log could be written back and begins again."""
        if begin is not BEGIN_WRITING:
            return self._retried(connection, work, begin=begin)
        if self._is_checkpoint_due:
            self._write_back_log(connection)
        try:
            return self._retried(connection, work, begin=begin)
        except errors.FOREIGN as error:
            if not errors.is_full(error) or not self._write_back_log(connection):
                raise
        return self._retried(connection, work, begin=begin)

    def _retried(
        self,
        connection: Connection,
        work: Callable[[Connection], T],
        *,
        begin: str = BEGIN_WRITING,
    ) -> T:
        """One transaction, repeated while another process holds the lock."""
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
