"""Statements of the hot path: what each driver gets, and that they fit the tables."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine

import adapters.store
from adapters.store.maintenance import upgrade
from adapters.store.rows.statement import InsertRows, Statement

CLAIM = Statement("""
    UPDATE jobs SET worker = :worker, taken_at = store_now(), size = size + :more::BIGINT
    WHERE worker IS NULL AND NOT refused_by = :worker AND key IN (
        SELECT key FROM jobs ORDER BY key FOR UPDATE OF jobs SKIP LOCKED
    )
""")
ADDED = Statement("INSERT INTO notes (title, size) VALUES (:title, :size) RETURNING title, size")
LISTED = Statement("SELECT title, size FROM notes WHERE size >= :least ORDER BY size")


def test_postgresql_gets_one_number_for_each_name() -> None:
    sql = CLAIM.texts["postgresql"]

    assert "SET worker = $1, taken_at = CAST(EXTRACT(" in sql
    assert "size = size + $2::BIGINT" in sql
    assert "NOT refused_by = $1 AND" in sql


def test_sqlite_gets_the_names_and_no_row_locks() -> None:
    sql = CLAIM.texts["sqlite"]

    assert "SET worker = :worker, taken_at = CAST((julianday('now')" in sql
    assert "SELECT key FROM jobs ORDER BY key\n" in sql
    assert "FOR UPDATE" not in sql


def test_values_are_bound_by_their_names() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (title TEXT, size INTEGER)")

        assert ADDED.rows(connection, {"size": 5, "unused": 1, "title": "b"}) == [("b", 5)]
        assert ADDED.run(connection, {"title": "a", "size": 7}) >= 0
        assert LISTED.rows(connection, {"least": 0}) == [("b", 5), ("a", 7)]
        assert LISTED.value(connection, {"least": 6}) == "a"
        assert LISTED.value(connection, {"least": 8}) is None


def test_a_missing_value_is_refused() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (title TEXT, size INTEGER)")

        with pytest.raises(sqlite3.ProgrammingError, match="size"):
            ADDED.run(connection, {"title": "a"})


def test_an_insert_of_rows_numbers_on_from_row_to_row() -> None:
    two = InsertRows("notes", ("title", "size"), count=2)

    assert two.texts["sqlite"] == "INSERT INTO notes (title, size) VALUES (?, ?), (?, ?)"
    assert two.texts["postgresql"] == "INSERT INTO notes (title, size) VALUES ($1, $2), ($3, $4)"


def test_every_statement_fits_the_tables_of_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    asyncio.run(upgrade(f"sqlite:///{file}"))

    with closing(sqlite3.connect(file)) as connection:
        for statement in _statements_of_the_store():
            sql = statement.texts["sqlite"]
            nulls = (None,) * sql.count("?") or _Nulls()
            connection.execute(f"EXPLAIN {sql}", nulls)  # compiles it only


async def test_every_statement_fits_the_tables_of_postgresql(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        for statement in _statements_of_the_store():
            await connection.prepare(statement.texts["postgresql"])
    finally:
        await connection.close()


class _Nulls(dict[str, None]):
    """NULL for each parameter."""

    def __missing__(self, name: str) -> None:
        return None


def _statements_of_the_store() -> Sequence[Statement | InsertRows]:
    names = [module.name for module in walk_packages(adapters.store.__path__, "adapters.store.")]
    modules = [import_module(name) for name in names if ".migrations" not in name]
    found = [one for module in modules for value in vars(module).values() for one in _in(value)]
    assert len(found) > 10
    return found


def _in(value: object) -> Iterator[Statement | InsertRows]:
    match value:
        case Statement() | InsertRows():
            yield value
        case tuple():
            for item in value:
                yield from _in(item)
        case dict():
            yield from _in(tuple(value.values()))
        case _ if is_dataclass(value) and not isinstance(value, type):
            yield from _in(tuple(getattr(value, field.name) for field in fields(value)))
        case _:
            pass
