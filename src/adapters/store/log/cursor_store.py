"""Cursors that are too long to be sent, on SQL."""

from sqlalchemy import Connection, and_, delete, select, update

from adapters.store.database import Database
from adapters.store.rows.statement import insert_if_absent
from adapters.store.rows.store_clock import seconds, store_now
from adapters.store.schema.tables import cursors
from domain.principal import Principal

_DELETED_AT_ONCE = 100


class SqlCursorStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, principal: Principal, handle: str, body: str, *, for_s: float) -> None:
        name = {"tenant": principal.tenant, "owner": principal.owner, "handle": handle}
        expires_at = store_now() + seconds(for_s)

        def work(connection: Connection) -> None:
            row = insert_if_absent(cursors).values(**name, body=body, expires_at=expires_at)
            if not connection.execute(row).rowcount:
                is_same = and_(*[cursors.c[column] == value for column, value in name.items()])
                connection.execute(update(cursors).where(is_same).values(expires_at=expires_at))
            _delete_expired(connection)

        await self._database.write(work)

    async def find(self, principal: Principal, handle: str) -> str | None:
        query = select(cursors.c.body).where(
            cursors.c.tenant == principal.tenant,
            cursors.c.owner == principal.owner,
            cursors.c.handle == handle,
            cursors.c.expires_at > store_now(),
        )
        body: str | None = await self._database.read(lambda c: c.execute(query).scalar())
        return body


def _delete_expired(connection: Connection) -> None:
    """A few with each that is added: they never pile up, and no transaction is long."""
    expired = (
        select(cursors.c.handle)
        .where(cursors.c.expires_at <= store_now())
        .order_by(cursors.c.expires_at)
        .limit(_DELETED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        delete(cursors).where(cursors.c.handle.in_(expired), cursors.c.expires_at <= store_now())
    )
