"""Waiting for a task's end asks the store no more than it must."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import anyio
import pytest

from adapters.http.streaming.frames import event_frame
from adapters.memory.database import MemoryDatabase
from adapters.memory.task_store import MemoryTaskStore
from application.serving.task_end import TaskEnd
from application.watching.tails import Tails
from domain.errors import TaskNotFound
from domain.ids import TaskId
from domain.principal import LOCAL, Principal
from domain.task import Task, TaskStatus
from tests.contract.store_harness import COMPLETE, TALK, StoreHarness
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S


class CountedTasks(MemoryTaskStore):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.gets = 0
        self.asked = asyncio.Event()

    async def get(self, principal: Principal, task_id: TaskId) -> Task:
        self.gets += 1
        self.asked.set()
        return await super().get(principal, task_id)


@dataclass
class World:
    database: MemoryDatabase = field(default_factory=lambda: MemoryDatabase(FakeClock()))

    def __post_init__(self) -> None:
        self.tasks = CountedTasks(self.database)
        self.harness = replace(StoreHarness.in_memory(self.database), tasks=self.tasks)
        self.tails = Tails(
            log=self.harness.log,
            sessions=self.harness.sessions,
            feed=self.harness.feed,
            render=event_frame,
        )

    @asynccontextmanager
    async def waiting(self, task: Task) -> AsyncIterator["asyncio.Task[Task]"]:
        """Somebody waits, and has asked the store once."""
        self.tails.join(task.session_key, lambda: None)
        with anyio.fail_after(PATIENCE_S):
            async with asyncio.TaskGroup() as group:
                waiter = group.create_task(TaskEnd(self.tasks, self.tails, task).wait(timeout_s=5))
                await self.tasks.asked.wait()
                yield waiter


async def test_the_store_is_asked_again_only_when_an_event_ends_the_task() -> None:
    world = World()
    claim = await world.harness.start()
    task = claim.task
    await world.tails.look()

    async with world.waiting(task) as waiter:
        for number in range(20):
            stored = await world.harness.log.append(world.harness.lines(claim, str(number)))
            world.tails.publish(task.session_key, stored, at=0.0)
            await anyio.lowlevel.checkpoint()
        asked_meanwhile = world.tasks.gets
        end = await world.harness.log.append(world.harness.changing(claim, COMPLETE))
        world.tails.publish(task.session_key, end, at=0.0)

    assert waiter.result().status is TaskStatus.COMPLETED
    assert (asked_meanwhile, world.tasks.gets) == (2, 3)


async def test_an_end_that_another_process_wrote_is_seen() -> None:
    world = World()
    claim = await world.harness.start()

    async with world.waiting(claim.task) as waiter:
        await world.harness.end(claim)
        await world.tails.look()

    assert waiter.result().status is TaskStatus.COMPLETED


async def test_a_task_whose_session_is_deleted_meanwhile_is_not_found() -> None:
    world = World()
    claim = await world.harness.start()

    with pytest.RaisesGroup(TaskNotFound):
        async with world.waiting(claim.task):
            await world.harness.sessions.delete(LOCAL, TALK)
            world.tails.session_deleted(claim.task.session_key)
