"""SQLite's result codes as errors of the domain."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from domain.errors import AgentcastError, LogUnavailable, StorageFull, StoreUnusable

FOREIGN = (SQLAlchemyError, sqlite3.Error)
"""All that the driver raises, wrapped by SQLAlchemy or not."""

Foreign = SQLAlchemyError | sqlite3.Error

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM_TO_SHARE = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMOPEN})
_CLOSED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})


def is_busy(error: BaseException) -> bool:
    """Another process holds the lock: worth another try."""
    return _code(error) in _BUSY


def is_full(error: BaseException) -> bool:
    """No room on the disk, also for the memory that connections share, which is a file too."""
    return _code(error) == sqlite3.SQLITE_FULL or _extended_code(error) in _NO_ROOM_TO_SHARE


def while_open(error: Foreign | OSError) -> AgentcastError:
    if is_full(error):
        return StorageFull("the disk that holds the event log is full")
    if is_busy(error):
        return LogUnavailable("another process kept the database locked")
    return LogUnavailable("the database could not be read or written")


def at_opening(error: Foreign | OSError, path: Path) -> AgentcastError:
    code = _code(error)
    if is_full(error):
        return StoreUnusable(
            f"the database {path} cannot be made or brought up to date: its disk is full"
        )
    if code in _DAMAGED:
        return damaged(path, _message(error))
    if code in _CLOSED or isinstance(error, OSError):
        return StoreUnusable(
            f"the database {path} cannot be opened for writing ({_message(error)}): "
            "check the permissions of the file and of its folder"
        )
    return StoreUnusable(f"the database {path} cannot be opened: {_message(error)}")


def damaged(path: Path, how: str) -> StoreUnusable:
    return StoreUnusable(
        f"the database {path} is damaged ({how}): restore a backup, "
        "or move the file away to begin with an empty one"
    )


def _code(error: BaseException) -> int | None:
    """The primary result code; the driver gives the extended one."""
    code = _extended_code(error)
    return None if code is None else code & 0xFF


def _extended_code(error: BaseException) -> int | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlite_errorcode", None)
    return code if isinstance(code, int) else None


def _message(error: BaseException) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(origin)
