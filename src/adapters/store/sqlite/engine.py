"""Connections to an SQLite file: transactions begin explicitly as read or write."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from domain.errors import StoreUnusable

T = TypeVar("T")

BEGIN_WRITING = "BEGIN IMMEDIATE"
BEGIN_READING = "BEGIN"
# Short, so that a thread which waits for another process's lock can still be stopped.
_BUSY_TIMEOUT_MS = 250
_SHARED_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 268435456",
)
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    # Room for the last page of a few thousand sessions, which their next events go into.
    "PRAGMA cache_size = -16384",
    "PRAGMA journal_size_limit = 67108864",
)
# Without shared memory, which is a file: for the only connection.
_EXCLUSIVE_PRAGMA = "PRAGMA locking_mode = EXCLUSIVE"
_MOST_LOG_PAGES = 4000
_LEAST_LOG_PAGES = 32
_PAGE_BYTES = 4096
_BLOCK_BYTES = 512
_MOST_BYTES_TO_COPY = 64 * 1024 * 1024
_LOG_PART = 32  # the log may take a 32nd of the disk
# The second one opens all files now, so that none has to be found by its path later.
_READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA schema_version")


def sqlite_path(url: str) -> Path:
    """The file of `sqlite:///path` with links resolved, since SQLite's other files are beside it.

    Raises StoreUnusable for a database in memory.
    """
    name = make_url(url).database
    if not name or name == ":memory:":
        raise StoreUnusable(f"{url} names no file: use sqlite:///path/to/file")
    return Path(os.path.realpath(name))


def writer_engine(path: Path, *, is_exclusive: bool = False) -> Engine:
    pragmas = (*((_EXCLUSIVE_PRAGMA,) if is_exclusive else ()), *_SHARED_PRAGMAS, *_WRITER_PRAGMAS)
    return _engine(path, begin=BEGIN_WRITING, pragmas=pragmas, bounds_log=True)


def reader_engine(path: Path) -> Engine:
    return _engine(path, begin=BEGIN_READING, pragmas=_SHARED_PRAGMAS + _READER_PRAGMAS)


def transacted(connection: Connection, work: Callable[[Connection], T], *, begin: str) -> T:
    """Do the work in a transaction of the driver.

    One of SQLAlchemy takes twice as long. If the work begins one, it becomes part of this.
    """
    raw = _raw(connection)
    raw.execute(begin)
    try:
        result = work(connection)
        if connection.in_transaction():
            connection.commit()
        else:
            raw.commit()
    except BaseException:
        connection.rollback()
        raw.rollback()
        raise
    return result


def make_private_file(path: Path) -> None:
    """Create an empty file that only its owner can read, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def write_back_log(connection: Connection, path: Path) -> bool:
    """Write the log back into the file, so that the log starts over in the room that it has.

    False if there is no room for all of it: writing back a part would free nothing, and use up
    what is left. SQLite's own checkpoints are off from then until this succeeds.
    """
    raw = _raw(connection)
    has_room = _growth(raw, path) <= free_bytes(path.parent)
    raw.execute(f"PRAGMA wal_autocheckpoint = {_log_pages(path.parent) if has_room else 0}")
    if has_room:
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return has_room


def has_room(connection: Connection, path: Path, size_bytes: int) -> bool:
    """Whether that much fits into the log, and the whole log into the file afterwards."""
    return 2 * size_bytes + _growth(_raw(connection), path) <= free_bytes(path.parent)


def _growth(raw: sqlite3.Connection, path: Path) -> int:
    """By how much the file grows at most when the log is written back. Raises OSError.

    Counted in blocks: the file may end in a hole that an earlier attempt has left.
    """
    [pages] = raw.execute("PRAGMA page_count").fetchone()
    lacking: int = pages * _PAGE_BYTES - path.stat().st_blocks * _BLOCK_BYTES
    return max(0, min(lacking, _log_of(path).stat().st_size))


def shrink(connection: Connection, path: Path) -> None:
    """Vacuum a file of mostly free pages, if that is quick and there is room for it.

    The used pages are copied into the log first, which needs that much room.
    """
    raw = _raw(connection)
    [pages], [unused] = (
        raw.execute(f"PRAGMA {count}").fetchone() for count in ("page_count", "freelist_count")
    )
    used_bytes = (pages - unused) * _PAGE_BYTES
    room = free_bytes(path.parent) + _log_of(path).stat().st_size
    if unused * 2 > pages and used_bytes < min(_MOST_BYTES_TO_COPY, room):
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def free_bytes(folder: Path) -> int:
    """What is free on its disk for users other than root. Raises OSError."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _log_pages(folder: Path) -> int:
    """The longest log: on a small disk there must be room left to write it back."""
    disk = os.statvfs(folder)
    pages = disk.f_blocks * disk.f_frsize // _LOG_PART // _PAGE_BYTES
    return max(_LEAST_LOG_PAGES, min(_MOST_LOG_PAGES, pages))


def _engine(
    path: Path, *, begin: str, pragmas: tuple[str, ...], bounds_log: bool = False
) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        # The driver would otherwise begin transactions of its own choosing.
        connect_args={"isolation_level": None, "cached_statements": 256},
    )

    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        for pragma in pragmas:
            connection.cursor().execute(pragma)
        if bounds_log:
            pages = _log_pages(path.parent)
            connection.cursor().execute(f"PRAGMA wal_autocheckpoint = {pages}")

    def begin_explicitly(connection: Connection) -> None:
        if not _raw(connection).in_transaction:
            _raw(connection).execute(begin)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin_explicitly)
    return engine


def _raw(connection: Connection) -> sqlite3.Connection:
    raw: object = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw
