"""An INSERT that does nothing when a unique index already holds the row."""

from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class InsertIfAbsent(Insert):
    """It waits for a transaction that is just inserting the same row; `rowcount` tells."""

    inherit_cache = True


def insert_if_absent(table: Table) -> InsertIfAbsent:
    # Inline: a key that the statement returned by itself would stand before the clause.
    return InsertIfAbsent(table).inline()


@compiles(InsertIfAbsent)
def _compiled(element: InsertIfAbsent, compiler: SQLCompiler, **options: Any) -> str:
    text: str = compiler.visit_insert(element, **options)  # type: ignore[no-untyped-call]
    return f"{text} ON CONFLICT DO NOTHING"
