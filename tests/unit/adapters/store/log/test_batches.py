"""How appends share transactions, and how a batch fails."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import LogUnavailable, StorageFull
from tests.contract.stores import sql_harness


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


async def test_appends_during_a_transaction_share_the_next_one(url: str) -> None:
    commits: list[str] = []
    with _each_connection(lambda c: c.set_trace_callback(commits.append)):
        async with sql_harness(url) as harness:
            claim = await harness.start()
            commits.clear()

            async with asyncio.TaskGroup() as group:
                for line in range(500):
                    group.create_task(harness.log.append(harness.lines(claim, str(line))))

            assert commits.count("COMMIT") <= 3


async def test_pending_appends_are_stored_when_the_log_is_closed(url: str) -> None:
    async with sql_harness(url) as harness:
        claim = await harness.start()
        waiting = asyncio.ensure_future(harness.log.append(harness.lines(claim, "a")))
        await asyncio.sleep(0)

    assert [event.seq for event in await waiting] == [2]


async def test_a_closed_log_refuses_appends(url: str) -> None:
    async with sql_harness(url) as harness:
        claim = await harness.start()
    append = harness.lines(claim, "a")

    with pytest.raises(LogUnavailable):
        await harness.log.append(append)


async def test_a_failed_batch_fails_for_its_callers_and_the_log_continues(
    url: str, tmp_path: Path
) -> None:
    async with sql_harness(url, patience_s=0.05) as harness:
        claim = await harness.start()
        with _locked(tmp_path / "store.db"):
            results = await asyncio.gather(
                *(harness.log.append(harness.lines(claim, line)) for line in "abc"),
                return_exceptions=True,
            )

        assert [type(result) for result in results] == [LogUnavailable] * 3
        assert [event.seq for event in await harness.log.append(harness.lines(claim, "d"))] == [2]


async def test_a_full_disk_is_reported_and_stored_events_can_be_read(url: str) -> None:
    with _each_connection(lambda c: c.execute("PRAGMA max_page_count = 60")):
        async with sql_harness(url) as harness:
            claim = await harness.start()
            count = 1

            with pytest.raises(StorageFull):
                while True:
                    await harness.log.append(harness.lines(claim, "x" * 5_000, "y" * 5_000))
                    count += 2

            written = await harness.written(claim.task.session_key)
            assert [seq for seq, _ in written] == list(range(1, count + 1))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def _each_connection(set_up: Callable[[sqlite3.Connection], object]) -> Iterator[None]:
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)
        set_up(connection)

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)
