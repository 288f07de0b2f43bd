"""Statements of the hot path: compiled once for a dialect, run on the driver's own cursor."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Connection

_NUMBERED = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    sql: str
    parameters: tuple[tuple[str, object], ...]
    """Each one's name, and the value it has when none is given: SQLAlchemy adds some itself."""

    def in_order(self, values: Mapping[str, object]) -> tuple[object, ...]:
        return tuple([values.get(name, default) for name, default in self.parameters])


class Prepared:
    """The text of one statement in each dialect, made when it is first run there.

    SQLAlchemy's own way of running it would double the time of a lone append on SQLite. What the
    driver raises is not wrapped either.
    """

    def __init__(self, build: Callable[[], ClauseElement], *, rows: int = 1) -> None:
        """An insert of one row becomes one of so many `rows`."""
        self._build = build
        self._rows = rows
        self._texts: dict[str, _Text] = {}

    def run(self, connection: Connection, values: Mapping[str, object]) -> int:
        """How many rows it touched."""
        text = self._text(connection)
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(text.sql, text.in_order(values))
            return cursor.rowcount

    def rows(
        self, connection: Connection, values: Mapping[str, object]
    ) -> Sequence[tuple[Any, ...]]:
        text = self._text(connection)
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(text.sql, text.in_order(values))
            return cursor.fetchall()

    def value(self, connection: Connection, values: Mapping[str, object]) -> Any:
        """The first column of the first row; None if there is none."""
        rows = self.rows(connection, values)
        return rows[0][0] if rows else None

    def run_in_order(self, connection: Connection, values: tuple[object, ...]) -> None:
        """For values that come in the order in which the statement was built."""
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(self._text(connection).sql, values)

    def _text(self, connection: Connection) -> _Text:
        known = self._texts.get(connection.dialect.name)
        if known is None:
            known = self._texts[connection.dialect.name] = self._compiled(connection)
        return known

    def _compiled(self, connection: Connection) -> _Text:
        compiled = self._build().compile(dialect=connection.dialect)
        names = getattr(compiled, "positiontup", None) or ()
        defaults = compiled.params
        sql = _with_rows(str(compiled), self._rows) if self._rows > 1 else str(compiled)
        return _Text(sql=sql, parameters=tuple((name, defaults[name]) for name in names))


def _with_rows(sql: str, count: int) -> str:
    """Compiling an insert of hundreds of rows would hold everything up for 50 ms."""
    into, values, row = sql.partition(" VALUES ")
    width = len(_NUMBERED.findall(row))
    return into + values + ", ".join(_numbered_from(row, width * n) for n in range(count))


def _numbered_from(row: str, before: int) -> str:
    return _NUMBERED.sub(lambda place: f"${before + int(place[1])}", row)
