"""The order in which tasks were made, on SQL, and up to where no more can come in between."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from adapters.store.database import Database
from adapters.store.rows.store_clock import seconds, store_now
from adapters.store.schema.tables import tasks
from domain.ids import AgentName, TaskId
from domain.principal import Principal
from ports.task_feed import MadeTask

_COMMIT_S = 5.0
"""How long a transaction may take to commit after it was given a number."""
_FOR_EVER = 2**63 - 1


class settled_before(FunctionElement[int]):
    """Tasks made before this time have none with a lower number yet to be committed."""

    type = BigInteger()
    inherit_cache = True


@compiles(settled_before, "sqlite")
def _of_one_writer(element: settled_before, compiler: SQLCompiler, **options: Any) -> str:
    return str(_FOR_EVER)


@compiles(settled_before, "postgresql")
def _of_many(element: settled_before, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(store_now(), **options)} - {seconds(_COMMIT_S)})"


class last_given(FunctionElement[int]):
    """The last number that the tasks' counter gave out."""

    type = BigInteger()
    inherit_cache = True


@compiles(last_given, "sqlite")
def _sqlite_last(element: last_given, compiler: SQLCompiler, **options: Any) -> str:
    return "(SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'tasks')"


@compiles(last_given, "postgresql")
def _postgres_last(element: last_given, compiler: SQLCompiler, **options: Any) -> str:
    sequence = "pg_get_serial_sequence('tasks', 'number')::regclass"
    return f"COALESCE(pg_sequence_last_value({sequence}), 0)"


class SqlTaskFeed:
    def __init__(self, database: Database) -> None:
        self._database = self.database = database

    async def made_after(self, number: int, *, limit: int) -> Sequence[MadeTask]:
        query = _made().where(tasks.c.number > number).order_by(tasks.c.number).limit(limit)
        return await self._database.read(lambda c: [_made_of(row) for row in c.execute(query)])

    async def newest_settled(self, principal: Principal | None) -> MadeTask | None:
        query = _made().where(_is_settled()).order_by(tasks.c.number.desc()).limit(1)
        if principal is not None:
            query = query.where(
                tasks.c.tenant == principal.tenant, tasks.c.owner == principal.owner
            )
        row = await self._database.read(lambda c: c.execute(query).one_or_none())
        return None if row is None else _made_of(row)

    async def id_at(self, number: int) -> TaskId | None:
        query = select(tasks.c.task_id).where(tasks.c.number == number)
        task_id = await self._database.read(lambda c: c.execute(query).scalar())
        return None if task_id is None else TaskId(task_id)

    async def last_number(self) -> int:
        return await self._database.read(lambda c: c.execute(select(last_given())).scalar_one())


def _made() -> Select[Any]:
    return select(
        tasks.c.number,
        tasks.c.task_id,
        tasks.c.tenant,
        tasks.c.owner,
        tasks.c.agent,
        _is_settled().label("is_settled"),
    )


def _is_settled() -> ColumnElement[bool]:
    return tasks.c.created_at < settled_before()


def _made_of(row: Row[Any]) -> MadeTask:
    return MadeTask(
        number=row.number,
        task_id=TaskId(row.task_id),
        tenant=row.tenant,
        owner=row.owner,
        agent=AgentName(row.agent),
        is_settled=bool(row.is_settled),
    )
