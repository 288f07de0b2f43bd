"""A database with lost files is never taken for an empty one, and writes to it are refused."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.store.maintenance import backup, check
from adapters.store.open_database import open_database
from adapters.store.sqlite.database import SqliteDatabase
from domain.errors import LogUnavailable, StoreUnusable
from domain.principal import LOCAL
from ports.task_store import TaskQuery
from tests.contract.stores import sql_harness


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink()


def _replace(file: Path) -> None:
    shutil.copy(file, f"{file}.copy")
    os.rename(f"{file}.copy", file)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


async def test_a_database_that_was_deleted_is_not_replaced_by_an_empty_one(
    path: Path, tmp_path: Path
) -> None:
    await _opened(path, tmp_path / "marker")
    _remove(path)

    with pytest.raises(StoreUnusable, match=r"is gone, and there was one: restore a backup"):
        await _opened(path, tmp_path / "marker")

    assert sorted(os.listdir(tmp_path)) == ["marker"]


async def test_a_database_that_was_emptied_is_not_replaced_by_an_empty_one(
    path: Path, tmp_path: Path
) -> None:
    await _opened(path, tmp_path / "marker")
    os.truncate(path, 0)

    with pytest.raises(StoreUnusable, match="restore a backup"):
        await _opened(path, tmp_path / "marker")


async def test_without_the_marker_a_new_database_is_created(path: Path, tmp_path: Path) -> None:
    await _opened(path, tmp_path / "marker")
    _remove(path, tmp_path / "marker")

    await _opened(path, tmp_path / "marker")


async def test_another_database_may_be_used_in_the_same_directory(
    path: Path, tmp_path: Path
) -> None:
    await _opened(path, tmp_path / "marker")

    await _opened(tmp_path / "other.db", tmp_path / "marker")
    await _opened(path, tmp_path / "marker")


@pytest.mark.parametrize("damage", [b"\x5a" * 32, b"\0" * 32, b"\x37\x7f\x06\x82" + b"\0" * 28])
async def test_a_log_with_a_damaged_header_is_not_taken_for_empty(
    path: Path, tmp_path: Path, damage: bytes
) -> None:
    crashed = await _crashed(path, tmp_path)
    log = crashed.with_name(f"{crashed.name}-wal")
    log.write_bytes(damage + log.read_bytes()[32:])

    with pytest.raises(StoreUnusable, match=r"write-ahead log .* is damaged"):
        await _opened(crashed, tmp_path / "marker")


async def test_a_damaged_log_is_neither_checked_nor_backed_up_as_if_it_were_empty(
    path: Path, tmp_path: Path
) -> None:
    crashed = await _crashed(path, tmp_path)
    log = crashed.with_name(f"{crashed.name}-wal")
    log.write_bytes(b"\x5a" * 32 + log.read_bytes()[32:])

    with pytest.raises(StoreUnusable, match=r"write-ahead log .* is damaged"):
        await check(f"sqlite:///{crashed}")
    with pytest.raises(StoreUnusable, match=r"write-ahead log .* is damaged"):
        await backup(f"sqlite:///{crashed}", tmp_path / "backup.db")


@pytest.mark.parametrize("size", [0, 32, 4096 * 20])
async def test_a_log_that_was_never_written_is_ignored(
    path: Path, tmp_path: Path, size: int
) -> None:
    await _opened(path, tmp_path / "marker")
    path.with_name(f"{path.name}-wal").write_bytes(b"\0" * size)

    await _opened(path, tmp_path / "marker")


async def test_a_log_that_a_crash_left_is_read(path: Path, tmp_path: Path) -> None:
    crashed = await _crashed(path, tmp_path)

    async with sql_harness(f"sqlite:///{crashed}") as harness:
        assert len(await harness.tasks.list(LOCAL, TaskQuery())) == 1


@pytest.mark.parametrize("name", ["store.db", "store.db-wal", "store.db-shm"])
@pytest.mark.parametrize("how", [_remove, _replace])
async def test_a_file_that_is_removed_or_replaced_is_noticed(
    path: Path, name: str, how: Callable[[Path], object]
) -> None:
    database = SqliteDatabase(path)
    async with database.opened():
        assert database.lost() is None

        how(path.with_name(name))

        assert name in (database.lost() or "")
        with pytest.raises(LogUnavailable, match="removed or replaced"):
            await database.write(lambda _: None)


async def test_the_log_of_a_database_behind_a_link_is_checked(path: Path, tmp_path: Path) -> None:
    crashed = await _crashed(path, tmp_path)
    log = crashed.with_name(f"{crashed.name}-wal")
    log.write_bytes(b"\x5a" * 32 + log.read_bytes()[32:])
    link = tmp_path / "data" / "linked.db"
    link.parent.mkdir()
    link.symlink_to(crashed)

    with pytest.raises(StoreUnusable, match=r"write-ahead log .* is damaged"):
        await _opened(link, tmp_path / "marker")


async def test_a_running_task_can_still_end_in_a_lost_database(path: Path) -> None:
    async with sql_harness(f"sqlite:///{path}") as harness:
        claim = await harness.start()
        _remove(path)

        await harness.end(claim)

        assert (await harness.get(claim.task)).status.is_final


async def test_a_large_write_to_a_database_whose_folder_is_gone_is_refused(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    async with sql_harness(f"sqlite:///{folder}/store.db") as harness:
        claim = await harness.start()
        shutil.rmtree(folder)

        with pytest.raises(LogUnavailable, match="could not be read or written"):
            await harness.log.append(harness.lines(claim, "x" * 64 * 1024))


async def _opened(path: Path, marker: Path) -> None:
    async with open_database(f"sqlite:///{path}", marker=marker).opened():
        pass


async def _crashed(path: Path, tmp_path: Path) -> Path:
    """A copy of a database as a crash would leave it: all of it is in its log."""
    async with sql_harness(f"sqlite:///{path}") as harness:
        await harness.start()
        crashed = tmp_path / "crashed.db"
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", f"{crashed}{end}")
    return crashed
