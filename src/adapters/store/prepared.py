"""Statements of the hot path: compiled once for a dialect, run with positions for parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    sql: str
    parameters: tuple[tuple[str, object], ...]
    """Each one's name, and the value it has when none is given: SQLAlchemy adds some itself."""


class Prepared:
    """The text of one statement in each dialect, made when it is first run there."""

    def __init__(self, build: Callable[[], ClauseElement]) -> None:
        self._build = build
        self._texts: dict[str, _Text] = {}

    def run(
        self, connection: Connection, values: Mapping[str, object]
    ) -> CursorResult[*tuple[Any, ...]]:
        text = self._text(connection)
        in_order = tuple([values.get(name, default) for name, default in text.parameters])
        return connection.exec_driver_sql(text.sql, in_order)

    def run_in_order(self, connection: Connection, values: tuple[object, ...]) -> None:
        """For values that come in the order in which the statement was built."""
        connection.exec_driver_sql(self._text(connection).sql, values)

    def _text(self, connection: Connection) -> _Text:
        known = self._texts.get(connection.dialect.name)
        if known is None:
            known = self._texts[connection.dialect.name] = self._compiled(connection)
        return known

    def _compiled(self, connection: Connection) -> _Text:
        compiled = self._build().compile(dialect=connection.dialect)
        names = getattr(compiled, "positiontup", None) or ()
        defaults = compiled.params
        return _Text(sql=str(compiled), parameters=tuple((name, defaults[name]) for name in names))
