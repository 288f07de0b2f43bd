"""Those who wait for an agent's new tasks: woken for these, and the store asked once for all."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.task_feed import MemoryTaskFeed
from application.watching.task_watchers import TaskWatchers
from domain.ids import AgentName
from ports.task_feed import MadeTask
from tests.contract.store_harness import ALICE, BOB, StoreHarness
from tests.fakes import FakeClock

REACT, SHELL = AgentName("react"), AgentName("shell")


class AskedFeed(MemoryTaskFeed):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.asked = 0

    async def made_after(self, number: int, *, limit: int) -> Sequence[MadeTask]:
        self.asked += 1
        return await super().made_after(number, limit=limit)


class World:
    def __init__(self) -> None:
        database = MemoryDatabase(FakeClock())
        self.feed = AskedFeed(database)
        self.harness = StoreHarness.in_memory(database)
        self.watchers = TaskWatchers(self.feed)
        self.woken: list[str] = []
        self.watchers.add(lambda: self.woken.append("alice's"), ALICE, [REACT])
        self.watchers.add(lambda: self.woken.append("bob's"), BOB, [REACT])
        self.watchers.add(lambda: self.woken.append("another agent's"), ALICE, [SHELL])

    async def look(self) -> list[str]:
        self.woken.clear()
        await self.watchers.look()
        return list(self.woken)


async def test_a_task_submitted_here_wakes_whom_it_concerns() -> None:
    world = World()

    world.watchers.submitted(await world.harness.queue(principal=ALICE))

    assert world.woken == ["alice's"]


async def test_a_task_submitted_elsewhere_wakes_whom_it_concerns_and_once() -> None:
    world = World()
    await world.harness.queue(principal=ALICE)
    await world.look()
    await world.harness.queue(principal=BOB)

    assert (await world.look(), await world.look()) == (["bob's"], [])


async def test_the_store_is_asked_once_for_all_watchers_and_never_without_one() -> None:
    world = World()
    await world.look()
    assert world.feed.asked == 1

    await TaskWatchers(world.feed).look()
    assert world.feed.asked == 1
