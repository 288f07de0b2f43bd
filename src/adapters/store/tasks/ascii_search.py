"""Whether a text occurs in a column, as SQL: every character literally, ASCII case aside."""

from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class place_of(FunctionElement[int]):
    """Where in the first text the second one begins; 0 if it does not occur."""

    type = Integer()
    inherit_cache = True


def occurs(needle: str, column: ColumnElement[str]) -> ColumnElement[bool]:
    return place_of(column, needle) > 0


@compiles(place_of, "sqlite")
def _sqlite(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    text, needle = _parts(element, compiler, options)
    return f"instr(lower({text}), lower({needle}))"


@compiles(place_of, "postgresql")
def _postgres(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    # The collation keeps `lower` to ASCII, as SQLite's does by nature.
    text, needle = _parts(element, compiler, options)
    return f'strpos(lower({text} COLLATE "C"), lower({needle} COLLATE "C"))'


def _parts(element: place_of, compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(clause, **options) for clause in element.clauses]
