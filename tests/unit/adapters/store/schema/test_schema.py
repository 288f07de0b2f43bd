"""The schema: created by migrations once, however many processes start at the same time."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from adapters.store.maintenance import StoreReport, backup, check, upgrade
from adapters.store.open_database import open_database
from adapters.store.schema import revisions
from adapters.store.schema.tables import metadata
from adapters.store.sqlite.engine import writer_engine
from domain.errors import StoreUnusable
from tests.contract.postgres import execute
from tests.contract.stores import sql_harness

READY = StoreReport(current=revisions.NEEDED, needed=revisions.NEEDED, problems=[])


def test_the_needed_revision_is_the_head_of_the_migrations() -> None:
    folder = Path(revisions.__file__).parent / "migrations"
    scripts = ScriptDirectory(str(folder))

    found = {script.revision for script in scripts.walk_revisions()}

    assert scripts.get_heads() == [revisions.NEEDED]
    assert found == revisions.KNOWN


async def test_the_migrations_create_the_tables_of_the_statements(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    await upgrade(url)

    engine = create_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


def test_a_new_file_equals_one_that_all_migrations_created(tmp_path: Path) -> None:
    made, migrated = (
        _made_by(way, tmp_path / f"{way.__name__}.db")
        for way in (revisions.create, revisions.migrate)
    )

    assert len(made) > 20
    assert made == migrated


async def test_an_upgrade_can_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"

    assert await upgrade(url) == READY
    assert await upgrade(url) == READY


async def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(2)
    starting = [context.Process(target=_start, args=(url, together)) for _ in range(2)]

    for process in starting:
        process.start()
    for process in starting:
        await asyncio.to_thread(process.join, 20)

    assert [process.exitcode for process in starting] == [0, 0]
    assert await check(url) == READY


async def test_a_killed_migration_is_completed_by_the_next_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    killed = multiprocessing.get_context("spawn").Process(
        target=_die_while_migrating, args=(tmp_path / "store.db",)
    )

    killed.start()
    await asyncio.to_thread(killed.join, 20)

    assert killed.exitcode == -signal.SIGKILL
    assert await upgrade(url) == READY


async def test_nodes_that_start_together_migrate_postgresql_once(postgres_url: str) -> None:
    await execute(postgres_url, "DROP DATABASE IF EXISTS starting", "CREATE DATABASE starting")
    url = postgres_url.replace("/postgres?", "/starting?")

    reports = await asyncio.gather(*(upgrade(url) for _ in range(3)))

    assert reports == [READY, READY, READY]
    await execute(postgres_url, "DROP DATABASE starting")


async def test_a_schema_from_the_future_is_refused_on_postgresql_too(postgres_url: str) -> None:
    await execute(postgres_url, "UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(StoreUnusable, match="schema 9999"):
            async with open_database(postgres_url).opened():
                pass
        assert (await check(postgres_url)).current == "9999"
    finally:
        await execute(
            postgres_url, f"UPDATE alembic_version SET version_num = '{revisions.NEEDED}'"
        )


async def test_a_check_finds_events_that_are_missing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    async with sql_harness(url) as harness:
        await harness.queue()
    with closing(sqlite3.connect(tmp_path / "store.db")) as other:
        other.execute("DELETE FROM events")
        other.commit()

    report = await check(url)

    assert report.problems == ["log truncated: session 1 had 1 events, those after 0 are lost"]


async def test_a_check_creates_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="there is no database"):
        await check(f"sqlite:///{tmp_path}/store.db")

    assert not _exists(tmp_path / "store.db")


async def test_a_backup_during_writes_is_a_complete_database(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path}/store.db", tmp_path / "copy.db"
    async with sql_harness(url) as harness:
        claim = await harness.start()
        async with asyncio.TaskGroup() as group:
            for line in range(200):
                group.create_task(harness.log.append(harness.lines(claim, str(line))))
            group.create_task(backup(url, copy))

    assert await check(f"sqlite:///{copy}") == READY
    async with sql_harness(f"sqlite:///{copy}") as harness:
        written = await harness.written(claim.task.session_key)
    assert [seq for seq, _ in written] == list(range(1, len(written) + 1))


async def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path}/store.db", tmp_path / "copy.db"
    _write(copy, "precious")
    await upgrade(url)

    with pytest.raises(StoreUnusable, match="is there already"):
        await backup(url, copy)

    assert _read(copy) == "precious"


async def test_a_backup_of_postgresql_is_left_to_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="pg_dump"):
        await backup("postgresql://localhost/x", tmp_path / "copy.db")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "no url", "sqlite://"])
def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(StoreUnusable):
        open_database(url)


def _made_by(way: Callable[[Connection], None], path: Path) -> dict[str, object]:
    """Tables, columns, indexes and the revision, as SQLite sees them, by their names."""
    with writer_engine(path).connect() as connection:
        way(connection)
        connection.commit()
    with closing(sqlite3.connect(path)) as other:
        named = other.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        found: dict[str, object] = {
            name: (kind, _options(str(sql)), *_parts(other, name)) for kind, name, sql in named
        }
        return found | {"revision": other.execute("SELECT * FROM alembic_version").fetchall()}


def _options(sql: str) -> list[str]:
    """The parts of a definition that no pragma of SQLite shows."""
    words = " ".join(sql.split()).upper()
    options = [option for option in ("AUTOINCREMENT", "WITHOUT ROWID") if option in words]
    _, _, only = words.partition(" WHERE ")
    return [*options, only]


def _parts(database: sqlite3.Connection, name: str) -> tuple[object, ...]:
    """Of a table its columns and the uniqueness of its indexes; of an index its columns."""
    pragmas = (f"table_xinfo({name})", f"index_xinfo({name})", f"index_list({name})")
    columns, keys, indexes = (database.execute(f"PRAGMA {one}").fetchall() for one in pragmas)
    return columns, keys, sorted(index[1:] for index in indexes)


def _exists(path: Path) -> bool:
    return path.exists()


def _read(path: Path) -> str:
    return path.read_text()


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _die_while_migrating(path: Path) -> None:
    with writer_engine(path).connect() as connection, connection.begin():
        revisions.upgrade(connection)
        os.kill(os.getpid(), signal.SIGKILL)


def _start(url: str, together: Barrier) -> None:
    together.wait(20)
    asyncio.run(upgrade(url))
