"""SQLite files that are new, locked, damaged, truncated or newer than the program."""

import asyncio
import logging
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.store.open_database import open_database
from domain.errors import LogUnavailable, StoreUnusable
from domain.principal import LOCAL
from ports.event_log import Bounds
from ports.task_store import TaskQuery
from tests.contract.store_harness import TALK
from tests.contract.stores import sql_harness
from tests.patience import PATIENCE_S

DIARY = b"dear diary" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def diary(path: Path) -> Path:
    path.write_bytes(DIARY)
    return path


async def test_a_reopened_file_has_everything_that_was_written(path: Path) -> None:
    async with sql_harness(_url(path)) as harness:
        claim = await harness.start()
        await harness.log.append(harness.lines(claim, "a", "b"))

    async with sql_harness(_url(path)) as harness:
        written = await harness.written(claim.task.session_key)
        task = await harness.get(claim.task)

    assert written == [(1, "task_queued"), (2, "log"), (3, "log")]
    assert task == claim.task


async def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"

    async with open_database(_url(path)).opened():
        pass

    assert _mode(path) == 0o600


async def test_every_transaction_that_writes_begins_immediately(path: Path) -> None:
    with _traced() as statements:
        async with sql_harness(_url(path)) as harness:
            claim = await harness.start()
            await harness.log.append(harness.lines(claim, "a"))
            await harness.cancel(claim.task)
            await harness.end(claim)
            await harness.sessions.delete(LOCAL, TALK)
            await harness.sessions.purge()

    began = None
    writes = 0
    for statement in statements:
        if statement.startswith("BEGIN"):
            began = statement.strip()
        elif statement.startswith(("INSERT", "UPDATE", "DELETE", "CREATE")):
            writes += 1
            assert began == "BEGIN IMMEDIATE", statement
        elif statement.startswith(("COMMIT", "ROLLBACK")):
            began = None
    assert writes > 20


async def test_a_long_log_is_purged_in_several_transactions(path: Path) -> None:
    async with sql_harness(_url(path)) as harness:
        claim = await harness.start()
        await harness.log.append(harness.lines(claim, *["line"] * 2500))
        await harness.end(claim)
        await harness.sessions.delete(LOCAL, TALK)
    with _traced() as statements:
        async with sql_harness(_url(path)) as harness:
            await harness.sessions.purge()

    removals = [place for place, one in enumerate(statements) if "DELETE FROM events" in one]
    between = pairwise(removals)
    assert len(removals) == 4  # the last one finds nothing left
    assert all("COMMIT" in statements[one:other] for one, other in between)


async def test_a_write_waits_for_the_lock_of_another_process(path: Path) -> None:
    async with sql_harness(_url(path)) as harness:
        with _locked(path) as other:
            waiting = asyncio.ensure_future(harness.queue())
            await harness.tasks.list(LOCAL, TaskQuery())  # reads go on meanwhile
            other.rollback()

            with anyio.fail_after(PATIENCE_S):
                task = await waiting

        assert await harness.get(task) == task


async def test_a_write_fails_when_the_lock_is_held_too_long(path: Path) -> None:
    async with sql_harness(_url(path), patience_s=0.05) as harness:
        with _locked(path), pytest.raises(LogUnavailable):
            await harness.queue()

        assert await harness.tasks.list(LOCAL, TaskQuery()) == []
        await harness.queue()


async def test_a_damaged_file_is_refused_with_advice(path: Path) -> None:
    async with sql_harness(_url(path)) as harness:
        claim = await harness.start()
        await harness.log.append(harness.lines(claim, *["x" * 500] * 200))
    _damage(path)

    with pytest.raises(StoreUnusable, match=r"damaged .* restore a backup"):
        async with open_database(_url(path)).opened():
            pass


async def test_a_file_that_is_no_database_is_refused_and_unchanged(diary: Path) -> None:

    with pytest.raises(StoreUnusable, match="damaged"):
        async with open_database(_url(diary)).opened():
            pass

    assert _content(diary) == DIARY


async def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        async with open_database(_url(tmp_path)).opened():
            pass


async def test_a_schema_from_the_future_is_refused(path: Path) -> None:
    async with open_database(_url(path)).opened():
        pass
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        other.commit()

    with pytest.raises(StoreUnusable, match="schema 9999"):
        async with open_database(_url(path)).opened():
            pass


async def test_the_seqs_of_a_lost_tail_are_not_used_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with sql_harness(_url(path)) as harness:
        claim = await harness.start()
        await harness.log.append(harness.lines(claim, "a", "b", "c"))
    key = claim.task.session_key
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM events WHERE seq > 2")
        other.commit()

    with caplog.at_level(logging.WARNING):
        async with sql_harness(_url(path)) as harness:
            [after] = await harness.log.append(harness.lines(claim, "d"))

            assert await harness.log.bounds(key) == Bounds(first_seq=1, last_seq=5)
            assert await harness.log.tag_at(key, 4) is None
            assert await harness.written(key) == [(1, "task_queued"), (2, "log")]
            assert list(await harness.log.read(key, after=2, limit=5)) == [after]

    assert after.seq == 5
    [warning] = [record.getMessage() for record in caplog.records]
    assert warning.startswith(f"log truncated: session {key} had 4 events, those after 2 are lost")


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _content(path: Path) -> bytes:
    return path.read_bytes()


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 20] = b"\x5a" * (4096 * 17)
    path.write_bytes(content)


@contextmanager
def _locked(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@contextmanager
def _traced() -> Iterator[list[str]]:
    statements: list[str] = []

    def trace(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.set_trace_callback(statements.append)

    event.listen(Engine, "connect", trace)
    try:
        yield statements
    finally:
        event.remove(Engine, "connect", trace)
