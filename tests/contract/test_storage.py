"""What storage promises about its room, on every adapter."""

import stat
from pathlib import Path

import pytest

from adapters.memory.database import MemoryStorage
from adapters.store.postgres.database import PostgresDatabase
from adapters.store.sqlite.disk_storage import DiskStorage, Reserve
from ports.storage import Storage


@pytest.fixture(params=["memory", "disk"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return MemoryStorage() if request.param == "memory" else _on(tmp_path)


async def test_where_there_is_room_there_is_no_trouble(storage: Storage) -> None:
    assert await storage.look() is None


async def test_a_spent_reserve_is_made_up_again(tmp_path: Path) -> None:
    storage, reserve = _on(tmp_path), Reserve(tmp_path)
    await storage.look()
    assert reserve.is_whole()
    assert stat.S_IMODE((tmp_path / "reserve").stat().st_mode) == 0o600

    await storage.spend_reserve()
    assert not reserve.is_whole()

    assert await storage.look() is None
    assert reserve.is_whole()


async def test_spending_the_reserve_twice_does_no_harm(storage: Storage) -> None:
    await storage.look()
    await storage.spend_reserve()
    await storage.spend_reserve()

    assert await storage.look() is None


async def test_a_folder_that_is_gone_is_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    storage = _on(folder)
    assert await storage.look() is None
    (folder / "reserve").unlink()
    folder.rmdir()

    trouble = await storage.look()

    assert trouble is not None
    assert (trouble.kind, str(folder) in trouble.message) == ("store_lost", True)


def _on(folder: Path) -> DiskStorage:
    elsewhere = PostgresDatabase("postgresql://nowhere", patience_s=0)
    return DiskStorage(folders=[folder], reserve=Reserve(folder), database=elsewhere)
