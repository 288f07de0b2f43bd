"""Times in the database: integer microseconds since 1970 in UTC, by its own clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NOW_SQL = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}
"""The database's present time, by the dialect's name."""


class store_now(FunctionElement[int]):
    """The database's present time, the same for every node; it advances within a transaction."""

    type = BigInteger()
    inherit_cache = True


@compiles(store_now)
def _now_sql(element: store_now, compiler: SQLCompiler, **options: Any) -> str:
    return NOW_SQL[compiler.dialect.name]


def micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def seconds(length: float) -> int:
    return round(length * 1_000_000)


def moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def moment_or_none(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
