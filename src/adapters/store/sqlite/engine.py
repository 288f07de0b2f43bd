"""Connections to an SQLite file, set up so that every transaction says what it means to do."""

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
# Short, so that a thread which waits for another process' lock can still be told to stop.
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
# Without shared memory, which is a file: for one connection that has the database to itself.
_ALONE_PRAGMA = "PRAGMA locking_mode = EXCLUSIVE"
_MOST_LOG_PAGES = 4000
_LEAST_LOG_PAGES = 32
_PAGE_BYTES = 4096
_BLOCK_BYTES = 512
_MOST_TO_COPY = 64 * 1024 * 1024
_LOG_PART = 32  # of the disk
# The second opens all files at once, so that none needs to be found again later.
_READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA schema_version")


def sqlite_path(url: str) -> Path:
    """The file of `sqlite:///path`, links followed: what SQLite keeps beside it is there.

    Raises StoreUnusable for a database in memory.
    """
    name = make_url(url).database
    if not name or name == ":memory:":
        raise StoreUnusable(f"{url} names no file: use sqlite:///path/to/file")
    return Path(os.path.realpath(name))


def writer_engine(path: Path, *, is_alone: bool = False) -> Engine:
    pragmas = (*((_ALONE_PRAGMA,) if is_alone else ()), *_SHARED_PRAGMAS, *_WRITER_PRAGMAS)
    return _engine(path, begin=BEGIN_WRITING, pragmas=pragmas, bounds_log=True)


def reader_engine(path: Path) -> Engine:
    return _engine(path, begin=BEGIN_READING, pragmas=_SHARED_PRAGMAS + _READER_PRAGMAS)


def transacted(connection: Connection, work: Callable[[Connection], T], *, begin: str) -> T:
    """Do the work in a transaction of the driver's.

    SQLAlchemy's own doubles the time of an empty one. The work may still use one: it joins this.
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
    """An empty file for its owner's eyes only, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def empty_log(connection: Connection, path: Path) -> bool:
    """Write what the log holds into the file, so that the log begins again in the room it has.

    False where there is no room for all of it: a part would help nobody, and take what is left.
    SQLite does not write it back by itself either, then, until this was done.
    """
    raw = _raw(connection)
    has_room = _growth(raw, path) <= free_bytes(path.parent)
    raw.execute(f"PRAGMA wal_autocheckpoint = {_log_pages(path.parent) if has_room else 0}")
    if has_room:
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return has_room


def has_room(connection: Connection, path: Path, size_bytes: int) -> bool:
    """Whether that much can go into the log, and all of the log into the file after it."""
    return 2 * size_bytes + _growth(_raw(connection), path) <= free_bytes(path.parent)


def _growth(raw: sqlite3.Connection, path: Path) -> int:
    """At most how much the file takes in addition when all of the log is in it. Raises OSError.

    It may end in a hole, which an earlier attempt has left.
    """
    [pages] = raw.execute("PRAGMA page_count").fetchone()
    lacking: int = pages * _PAGE_BYTES - path.stat().st_blocks * _BLOCK_BYTES
    return max(0, min(lacking, _log_of(path).stat().st_size))


def shrink(connection: Connection, path: Path) -> None:
    """Give back what a file is mostly made of that holds nothing any more, if that is soon done.

    A copy of what is used goes into the log first: into its room, and what is free beside it.
    """
    raw = _raw(connection)
    [pages], [unused] = (
        raw.execute(f"PRAGMA {count}").fetchone() for count in ("page_count", "freelist_count")
    )
    used_bytes = (pages - unused) * _PAGE_BYTES
    room = free_bytes(path.parent) + _log_of(path).stat().st_size
    if unused * 2 > pages and used_bytes < min(_MOST_TO_COPY, room):
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def free_bytes(folder: Path) -> int:
    """What others than root may still take of its disk. Raises OSError."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _log_pages(folder: Path) -> int:
    """How long the log may become: on a small disk its end must leave room to write it back."""
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

    def begin_as_meant(connection: Connection) -> None:
        if not _raw(connection).in_transaction:
            _raw(connection).execute(begin)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin_as_meant)
    return engine


def _raw(connection: Connection) -> sqlite3.Connection:
    raw: object = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw
