"""What the guard of the store does in trouble, and when it is over."""

import pytest

from application.upkeep.storage_guard import StorageGuard
from domain.errors import LogUnavailable, StorageFull
from ports.storage import StorageTrouble
from tests.fakes import FakeClock, FakeStorage, no_time

FULL = StorageTrouble(kind="storage_full", message="the disk is full")
LOST = StorageTrouble(kind="store_lost", message="the files are gone")


class World:
    def __init__(self) -> None:
        self.storage = FakeStorage()
        self.clock = FakeClock()
        self.guard = StorageGuard(storage=self.storage, clock=self.clock, pause=no_time)
        self.notified: list[StorageTrouble] = []
        self.guard.add_listener(self.notified.append)


@pytest.fixture
def world() -> World:
    return World()


async def test_without_trouble_everything_may_begin(world: World) -> None:
    await world.guard.look()

    world.guard.check()
    assert (world.guard.trouble, world.notified) == (None, [])


@pytest.mark.parametrize(("trouble", "error"), [(FULL, StorageFull), (LOST, LogUnavailable)])
async def test_in_trouble_nothing_may_begin_until_it_is_over(
    world: World, trouble: StorageTrouble, error: type[Exception]
) -> None:
    world.storage.trouble = trouble
    await world.guard.look()

    with pytest.raises(error, match=trouble.message):
        world.guard.check()
    assert world.notified == [trouble]

    world.storage.trouble = None
    await world.guard.look()
    world.guard.check()


async def test_a_write_that_found_no_room_is_believed_for_a_while(world: World) -> None:
    world.guard.refused(StorageFull("no room"))
    await world.guard.look()
    assert world.guard.trouble is not None

    world.clock.advance(10)
    await world.guard.look()
    assert world.storage.looks == [True, False]
    assert world.guard.trouble is None


async def test_a_write_that_finds_room_leaves_the_reserve_alone(world: World) -> None:
    async def write() -> str:
        return "bye"

    assert await world.guard.with_reserve(write) == "bye"
    assert world.storage.spent == 0


async def test_a_write_without_room_gets_the_reserve(world: World) -> None:
    order: list[str] = []

    async def give_up(_: StorageFull) -> None:
        order.append("others gave up")

    world.guard.before_spending(give_up)

    async def write() -> str:
        order.append(f"tried after {world.storage.spent}")
        if not world.storage.spent:
            raise StorageFull("no room")
        return "bye"

    assert await world.guard.with_reserve(write) == "bye"
    assert order == ["tried after 0", "others gave up", "tried after 1"]
    assert world.guard.trouble is not None


async def test_a_write_that_not_even_the_reserve_has_room_for_fails(world: World) -> None:
    async def write() -> None:
        raise StorageFull("no room")

    with pytest.raises(StorageFull):
        await world.guard.with_reserve(write)
