"""Picks the database that a URL names, and the wakeups between the nodes that share it."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapters.store.database import Database
from adapters.store.sqlite.database import SqliteDatabase
from adapters.store.sqlite.disk_storage import Reserve
from adapters.store.sqlite.engine import sqlite_path
from domain.errors import StoreUnusable
from ports.wakeups import Wakeups

_POSTGRES = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})


def open_database(
    url: str,
    *,
    patience_s: float = 30.0,
    marker: Path | None = None,
    reserve: Reserve | None = None,
) -> Database:
    """`sqlite:///path` or `postgresql://…`; nothing is touched before `opened()` is entered.

    `marker` and `reserve` are for SQLite only, as SqliteDatabase describes.
    """
    if driver_of(url) == "sqlite":
        path = sqlite_path(url)
        return SqliteDatabase(path, patience_s=patience_s, marker=marker, reserve=reserve)
    try:
        # Its driver is an extra, which a program on SQLite need not have.
        from adapters.store.postgres.database import PostgresDatabase
    except ImportError as error:
        raise _without_driver() from error
    return PostgresDatabase(url, patience_s=patience_s)


def open_wakeups(url: str) -> Wakeups:
    """For PostgreSQL alone; nothing is touched before its `opened()` is entered."""
    if driver_of(url) != "postgresql":
        raise StoreUnusable("only nodes on PostgreSQL can wake each other")
    try:
        from adapters.store.postgres.wakeups import PostgresWakeups
    except ImportError as error:
        raise _without_driver() from error
    return PostgresWakeups(url)


def driver_of(url: str) -> str:
    """`sqlite` or `postgresql`. Raises StoreUnusable for anything else."""
    try:
        name = make_url(url).drivername
    except ArgumentError as error:
        raise StoreUnusable("the database URL cannot be read: use sqlite:///path") from error
    if name in _POSTGRES:
        return "postgresql"
    if name == "sqlite":
        return "sqlite"
    raise StoreUnusable(f"{name} is no database for Agentcast: use sqlite:/// or postgresql://")


def _without_driver() -> StoreUnusable:
    return StoreUnusable("PostgreSQL needs one more package: pip install 'agentcast[postgres]'")
