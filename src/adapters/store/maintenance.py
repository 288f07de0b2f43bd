"""Operations on a whole database: upgrade, check, back up."""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from adapters.store.open_database import driver_of, open_database
from adapters.store.schema import revisions
from adapters.store.sqlite import errors
from adapters.store.sqlite.engine import reader_engine, sqlite_path
from adapters.store.sqlite.files import SqliteFiles, lost_tails
from domain.errors import StoreUnusable


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReport:
    current: str | None
    """The revision of the database; None if it has no tables yet."""
    needed: str
    problems: Sequence[str]
    """One line each, for a person; empty if all is well."""


async def upgrade(url: str) -> StoreReport:
    """Bring the schema up to date. Raises StoreUnusable."""
    async with open_database(url).opened():
        pass
    return await check(url)


async def check(url: str) -> StoreReport:
    """Changes nothing. Raises StoreUnusable if there is no database."""
    if driver_of(url) == "sqlite":
        return await asyncio.to_thread(_check_file, sqlite_path(url))
    # Its driver is an extra, which a program on SQLite need not have.
    from adapters.store.postgres.database import inspect_database

    return await inspect_database(url, _report)


async def backup(url: str, target: Path) -> None:
    """Copy the database as it is at one moment, while others may write to it.

    Raises StoreUnusable for PostgreSQL, which has tools of its own, and if the target exists.
    """
    if driver_of(url) != "sqlite":
        raise StoreUnusable("back up PostgreSQL with its own tool: pg_dump --format=custom")
    await asyncio.to_thread(_copy, sqlite_path(url), target)


def _check_file(path: Path) -> StoreReport:
    _require(path)
    engine = reader_engine(path)
    try:
        with engine.connect() as connection, connection.begin():
            found = connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
            damage = [str(line) for line in found if line != "ok"]
            report = _report(connection)
            return StoreReport(
                current=report.current,
                needed=report.needed,
                problems=[*damage, *report.problems],
            )
    except errors.FOREIGN as error:
        raise errors.at_opening(error, path) from error
    finally:
        engine.dispose()


def _report(connection: Connection) -> StoreReport:
    revision = revisions.current(connection)
    is_known = revision in revisions.KNOWN
    return StoreReport(
        current=revision,
        needed=revisions.NEEDED,
        problems=lost_tails(connection) if is_known else (),
    )


def _copy(path: Path, target: Path) -> None:
    _require(path)
    part = target.with_name(f"{target.name}.part")
    try:
        # Made first: nobody else can read the copy, and no other file is overwritten.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        os.replace(part, target)
    except FileExistsError as error:
        raise StoreUnusable(f"{target} is there already: name a new file") from error
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise StoreUnusable(f"the backup {target} cannot be written: {error}") from error


def _require(path: Path) -> None:
    if not path.is_file():
        raise StoreUnusable(f"there is no database at {path}")
    SqliteFiles(path).check()
