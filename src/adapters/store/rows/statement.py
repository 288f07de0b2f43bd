"""Statements for both databases; those of the hot path as SQL text, on the driver's own cursor."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from textwrap import dedent
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from adapters.store.rows.store_clock import NOW_SQL

Key = TypeVar("Key")

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_ROW_LOCK = re.compile(r"\s+FOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?")
# Both databases bound the number of parameters; far below that, one more query costs little.
_KEYS_AT_ONCE = 1000


class Statement:
    """One SQL text with named parameters (`:name`) for both databases.

    It is PostgreSQL's SQL, except that `store_now()` stands for the database's clock. SQLite gets
    it without `FOR UPDATE …`: it has one writer at a time, and no row locks.

    SQLAlchemy's own execution would double the time of a single append on SQLite. Errors of the
    driver are not wrapped.
    """

    def __init__(self, sql: str) -> None:
        text = dedent(sql).strip()
        self._names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        """In the order of PostgreSQL's `$1`, `$2`, …; SQLite takes parameters by name."""
        places = {name: f"${place}" for place, name in enumerate(self._names, 1)}
        self.texts: Mapping[str, str] = {
            "sqlite": _ROW_LOCK.sub("", text).replace("store_now()", NOW_SQL["sqlite"]),
            "postgresql": _PARAMETER.sub(lambda name: places[name[1]], text).replace(
                "store_now()", NOW_SQL["postgresql"]
            ),
        }
        """What the driver gets, by the dialect's name."""

    def run(self, connection: Connection, values: Mapping[str, object]) -> int:
        """How many rows it changed. Every parameter needs a value; further values are ignored."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(*self._bound(connection, values))
            return cursor.rowcount

    def rows(
        self, connection: Connection, values: Mapping[str, object]
    ) -> Sequence[tuple[Any, ...]]:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(*self._bound(connection, values))
            return cursor.fetchall()

    def value(self, connection: Connection, values: Mapping[str, object]) -> Any:
        """The first column of the first row; None if there is none."""
        rows = self.rows(connection, values)
        return rows[0][0] if rows else None

    def _bound(self, connection: Connection, values: Mapping[str, object]) -> tuple[str, Any]:
        dialect = connection.dialect.name
        if dialect == "sqlite":
            return self.texts[dialect], values
        return self.texts[dialect], tuple([values[name] for name in self._names])


class InsertRows:
    """An INSERT of a fixed number of rows, whose values come row after row."""

    def __init__(self, table: str, columns: Sequence[str], *, count: int) -> None:
        self.count = count
        into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        width = len(columns)
        row = ", ".join("?" * width)
        self.texts: Mapping[str, str] = {
            "sqlite": into + ", ".join([f"({row})"] * count),
            "postgresql": into
            + ", ".join(_numbered_row(width * before, width) for before in range(count)),
        }
        """What the driver gets, by the dialect's name."""

    def run(self, connection: Connection, values: tuple[object, ...]) -> None:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(self.texts[connection.dialect.name], values)


class InsertIfAbsent(Insert):
    """Changes nothing when a unique index already holds the row, as `rowcount` shows.

    It waits for a transaction that is just inserting the same row.
    """

    inherit_cache = True


def insert_if_absent(table: Table) -> InsertIfAbsent:
    # Inline: a key that the statement returned by itself would stand before the clause.
    return InsertIfAbsent(table).inline()


@compiles(InsertIfAbsent)
def _compiled(element: InsertIfAbsent, compiler: SQLCompiler, **options: Any) -> str:
    text: str = compiler.visit_insert(element, **options)  # type: ignore[no-untyped-call]
    return f"{text} ON CONFLICT DO NOTHING"


def in_parts(keys: Collection[Key]) -> Iterator[Sequence[Key]]:
    """Long lists of keys, in parts that a statement can take."""
    every = list(keys)
    for start in range(0, len(every), _KEYS_AT_ONCE):
        yield every[start : start + _KEYS_AT_ONCE]


def _numbered_row(before: int, width: int) -> str:
    return f"({', '.join(f'${place}' for place in range(before + 1, before + width + 1))})"
