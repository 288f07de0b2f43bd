"""Connections to PostgreSQL, by the URL as its own tools read it."""

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from domain.errors import StoreUnusable

ANSWER_TIMEOUT_S = 10.0
_CONNECT_TIMEOUT_S = 5.0
_IDLE_MS = 5000  # a node that hangs within a transaction must give up its locks
_POOL_SIZE = 10
_OLDEST = 150000


def postgres_engine(url: str, *, patience_s: float) -> AsyncEngine:
    async def connect() -> asyncpg.Connection:
        return await connected(url)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=_POOL_SIZE,
        max_overflow=0,
        pool_timeout=patience_s,
    )


async def connected(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
        timeout=_CONNECT_TIMEOUT_S,
        command_timeout=ANSWER_TIMEOUT_S,
        server_settings={
            "application_name": "agentcast",
            "idle_in_transaction_session_timeout": str(_IDLE_MS),
        },
    )


def shown(url: str) -> str:
    """The URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


def refuse_old_server(connection: Connection) -> None:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if version < _OLDEST:
        raise StoreUnusable(f"PostgreSQL 15 or later is needed, not {version // 10000}")
