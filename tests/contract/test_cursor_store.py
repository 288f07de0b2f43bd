"""What every store of cursors promises that are too long for an id."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from adapters.memory.cursor_store import MemoryCursorStore
from adapters.store.log.cursor_store import SqlCursorStore
from adapters.store.open_database import open_database
from ports.cursor_store import CursorStore
from tests.contract.store_harness import ALICE, BOB
from tests.fakes import FakeClock

HOUR_S = 3600.0
LONG = ".".join(["m.1", *[f"{key:x}-1-0000000a" for key in range(5000)]])
_numbers = count(1)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[CursorStore]:
    if store_url == "memory":
        yield MemoryCursorStore(FakeClock())
        return
    database = open_database(store_url)
    async with database.opened():
        yield SqlCursorStore(database)


@pytest.fixture
def handle() -> str:
    return f"{next(_numbers):032x}"


async def test_what_is_kept_is_found_however_long_it_is(store: CursorStore, handle: str) -> None:
    await store.keep(ALICE, handle, LONG, for_s=HOUR_S)

    assert await store.find(ALICE, handle) == LONG


async def test_what_was_never_kept_is_not_found(store: CursorStore, handle: str) -> None:
    assert await store.find(ALICE, handle) is None


async def test_a_snapshot_of_another_owner_is_not_found(store: CursorStore, handle: str) -> None:
    await store.keep(ALICE, handle, "m.1", for_s=HOUR_S)

    assert await store.find(BOB, handle) is None

    await store.keep(BOB, handle, "m.2", for_s=HOUR_S)
    assert await store.find(ALICE, handle) == "m.1"


async def test_what_has_expired_is_not_found_any_more(store: CursorStore, handle: str) -> None:
    await store.keep(ALICE, handle, "m.1", for_s=0)

    assert await store.find(ALICE, handle) is None


async def test_to_keep_it_again_prolongs_it(store: CursorStore, handle: str) -> None:
    await store.keep(ALICE, handle, "m.1", for_s=0)
    await store.keep(ALICE, handle, "m.1", for_s=HOUR_S)

    assert await store.find(ALICE, handle) == "m.1"


async def test_another_node_finds_it_too(tmp_path: Path, handle: str) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    one, other = open_database(url), open_database(url)

    async with one.opened(), other.opened():
        await SqlCursorStore(one).keep(ALICE, handle, "m.1", for_s=HOUR_S)

        assert await SqlCursorStore(other).find(ALICE, handle) == "m.1"
