"""SQLite on a full disk: the reserve for final events is spent on nothing else."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from adapters.store.log.event_log import SqlEventLog
from adapters.store.open_database import open_database
from adapters.store.sqlite.disk_storage import DiskStorage, Reserve
from domain.errors import StorageFull
from domain.task_events import TaskFailed
from ports.task_queue import Claim
from tests.contract.store_harness import StoreHarness
from tests.fault.small_disk import SmallDisk, small_disk

pytestmark = pytest.mark.fault

_PIECE = 16 * 1024
LAST_WORD = TaskFailed(error="the disk is full", reason="storage_full", duration_ms=5)


class Site:
    def __init__(self, disk: SmallDisk, storage: DiskStorage, harness: StoreHarness) -> None:
        self.disk = disk
        self.storage = storage
        self.harness = harness
        self.reserve = Reserve(disk.folder)
        self.database = disk.folder / "store.db"
        self.log = disk.folder / "store.db-wal"

    async def flood(self, claim: Claim) -> None:
        """Until the disk is full."""
        with pytest.raises(StorageFull):
            while True:
                await self.write(claim)

    async def write(self, claim: Claim) -> None:
        await self.harness.log.append(self.harness.lines(claim, *["x" * _PIECE] * 4))


@asynccontextmanager
async def site(folder: Path, megabytes: int) -> AsyncIterator[Site]:
    with small_disk(folder, megabytes=megabytes) as disk:
        database = open_database(f"sqlite:///{folder}/store.db")
        log = SqlEventLog(database)
        storage = DiskStorage(folders=[folder], reserve=Reserve(folder), database=database)
        async with database.opened(), log.opened():
            harness = StoreHarness.on_sql(database, log)
            yield Site(disk, storage, harness)


@pytest.mark.parametrize("megabytes", [2, 8, 40, 200])
async def test_tasks_end_though_the_log_is_longer_than_the_reserve(
    tmp_path: Path, megabytes: int
) -> None:
    async with site(tmp_path / "disk", megabytes) as here:
        quiet, flooding = [await here.harness.start(name) for name in ("quiet", "flooding")]
        assert await here.storage.look() is None
        here.disk.leave(here.reserve.size() * 3)
        with _reader_of(here.database):  # for whom the log may not be written back
            await here.flood(flooding)
        assert here.log.stat().st_size > here.reserve.size()
        assert await here.storage.look(is_refused=True) is not None

        await here.storage.spend_reserve()

        for claim in (quiet, flooding):
            await here.harness.log.append(here.harness.changing(claim, LAST_WORD))
            assert await here.storage.look() is not None  # nor is room lost to a look at it


@pytest.mark.parametrize("megabytes", [2, 8, 40, 200])
async def test_a_flood_leaves_the_room_to_write_the_log_back_besides_the_reserve(
    tmp_path: Path, megabytes: int
) -> None:
    async with site(tmp_path / "disk", megabytes) as here:
        quiet, flooding = [await here.harness.start(name) for name in ("quiet", "flooding")]
        assert await here.storage.look() is None
        here.disk.leave(here.reserve.size() * 3)
        with _reader_of(here.database):
            await here.flood(flooding)

        assert await here.storage.look(is_refused=True) is not None

        assert here.reserve.is_whole()
        for claim in (quiet, flooding):
            await here.harness.log.append(here.harness.changing(claim, LAST_WORD))


async def test_a_log_that_a_reader_keeps_from_being_written_back_leaves_the_room_for_that(
    tmp_path: Path,
) -> None:
    async with site(tmp_path / "disk", 240) as here:
        claim = await here.harness.start()
        assert await here.storage.look() is None

        with _reader_of(here.database):
            await here.flood(claim)
        grown = here.database.stat().st_blocks * 512
        free = here.disk.free

        with closing(sqlite3.connect(here.database)) as other:
            [pages] = other.execute("PRAGMA page_count").fetchone()
            assert pages * 4096 - grown <= free


async def test_a_log_that_had_no_room_to_be_written_back_is_when_there_is_some(
    tmp_path: Path,
) -> None:
    async with site(tmp_path / "disk", 40) as here:
        claim = await here.harness.start()
        here.disk.leave(here.reserve.size() * 3)
        with _reader_of(here.database):
            await here.flood(claim)
        assert await here.storage.look(is_refused=True) is not None
        longest = here.log.stat().st_size

        here.disk.free_what_was_filled()
        for _ in range(longest // (2 * _PIECE)):
            await here.write(claim)

        assert here.log.stat().st_size <= longest
        assert await here.storage.look() is None


@contextmanager
def _reader_of(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN").execute("SELECT count(*) FROM tasks").fetchone()
        yield
