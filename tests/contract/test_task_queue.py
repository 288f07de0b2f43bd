"""What every queue promises the workers that it gives tasks to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import anyio
import pytest

from adapters.queue.leased_task_queue import LeasedTaskQueue
from adapters.system.clock import SystemClock
from domain.errors import LeaseLost
from domain.ids import TaskId, WorkerId
from domain.principal import LOCAL
from domain.task import CancelIntent, PauseWish, TaskStatus
from domain.task_events import TaskInterrupted
from ports.task_queue import Claim, TaskQueue, TaskWishes, Unsettled
from tests.contract.scene import OTHER_WORKER, WORKER, Scene
from tests.patience import PATIENCE_S
from tests.task_handler import CarryOut, FakeTaskHandler

T = TypeVar("T")


async def at_once(write: Callable[[], Awaitable[T]]) -> T:
    return await write()


@asynccontextmanager
async def working(
    scene: Scene,
    handler: FakeTaskHandler,
    *,
    worker_id: WorkerId = WORKER,
    instance: str | None = None,
    takes_any: bool = True,
) -> AsyncIterator[TaskQueue]:
    """One worker's end of the queue. Another adapter joins here."""
    queue = LeasedTaskQueue(
        leases=scene.leases,
        worker_id=worker_id,
        instance=instance,
        takes_any=takes_any,
        lease_s=30,
        heartbeat_s=0.05,
        clock=SystemClock(),
        with_reserve=at_once,
        poll_s=0.05,
    )
    async with queue.work(handler):
        yield queue


def ending(scene: Scene) -> CarryOut:
    async def end(claim: Claim) -> None:
        await scene.end(claim)

    return end


class Held:
    """Carries tasks out until the test ends them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.may_end = asyncio.Event()

    async def __call__(self, claim: Claim) -> None:
        await self.may_end.wait()
        await self._scene.end(claim)


async def test_tasks_are_given_as_attempts_and_those_of_a_session_one_after_the_other(
    scene: Scene,
) -> None:
    first, second = await scene.queue(), await scene.queue()
    held = Held(scene)
    handler = FakeTaskHandler(held)

    async with working(scene, handler) as queue:
        await handler.until(lambda: handler.given)
        other = await scene.queue("other")
        queue.wake()
        await handler.until(lambda: len(handler.given) == 2)
        held.may_end.set()
        await handler.until(lambda: len(handler.given) == 3)

    given = [claim.task for claim in handler.given]
    assert [task.task_id for task in given] == [first.task_id, other.task_id, second.task_id]
    assert {(task.status, task.attempt) for task in given} == {(TaskStatus.RUNNING, 1)}
    assert all(claim.is_first for claim in handler.given)
    assert (await scene.get(second)).status is TaskStatus.COMPLETED


async def test_no_task_is_given_to_two_workers(two_scenes: tuple[Scene, Scene]) -> None:
    tasks = [await two_scenes[0].queue(f"talk-{number % 8}") for number in range(24)]
    given: list[TaskId] = []
    all_given = asyncio.Event()

    def counting(scene: Scene) -> CarryOut:
        async def end(claim: Claim) -> None:
            given.append(claim.task.task_id)
            await scene.end(claim)
            if len(given) >= len(tasks):
                all_given.set()

        return end

    async with AsyncExitStack() as workers:
        for number in range(4):
            scene = two_scenes[number % 2]
            handler = FakeTaskHandler(counting(scene), room=2)
            worker_id = WorkerId(f"node-{number}.1")
            await workers.enter_async_context(working(scene, handler, worker_id=worker_id))
        with anyio.fail_after(PATIENCE_S):
            await all_given.wait()

    assert Counter(given) == {task.task_id: 1 for task in tasks}


async def test_no_more_are_given_at_a_time_than_there_is_capacity_for(scene: Scene) -> None:
    for number in range(3):
        await scene.queue(f"talk-{number}")
    held = Held(scene)
    handler = FakeTaskHandler(held, room=0)

    async with working(scene, handler) as queue:
        before = len(handler.given)
        handler.room = 2
        queue.wake()
        await handler.until(lambda: len(handler.given) == 2)
        held.may_end.set()
        await handler.until(lambda: len(handler.given) == 3)

    assert before == 0
    assert handler.most == 2


@pytest.mark.parametrize(("is_spent", "attempts"), [(True, [1, 2]), (False, [1, 1])])
async def test_a_task_that_is_handed_back_is_given_again(
    scene: Scene, is_spent: bool, attempts: list[int]
) -> None:
    await scene.queue()

    async def carry_out(claim: Claim) -> None:
        if claim.is_first:
            await queue.hand_back(claim, attempt_spent=is_spent)
        else:
            await scene.end(claim)

    handler = FakeTaskHandler(carry_out)
    async with working(scene, handler) as queue:
        await handler.until(lambda: len(handler.given) == 2)

    assert [claim.task.attempt for claim in handler.given] == attempts
    assert [claim.is_first for claim in handler.given] == [True, False]


async def test_a_reserved_task_is_given_to_its_worker_alone(scene: Scene) -> None:
    reserved = (await scene.submit(scene.new_task("one"), reserved_for=WORKER)).task
    free = await scene.queue("two")
    mine, theirs = FakeTaskHandler(ending(scene)), FakeTaskHandler(ending(scene))

    async with (
        working(scene, theirs, worker_id=OTHER_WORKER),
        working(scene, mine, takes_any=False) as queue,
    ):
        await theirs.until(lambda: theirs.given)
        queue.reserve(reserved.task_id)
        await mine.until(lambda: mine.given)

    assert [claim.task.task_id for claim in mine.given] == [reserved.task_id]
    assert [claim.task.task_id for claim in theirs.given] == [free.task_id]


async def test_nothing_is_begun_after_a_drain_and_leaving_waits_for_what_was_given(
    scene: Scene,
) -> None:
    running = await scene.queue("one")
    held = Held(scene)
    handler = FakeTaskHandler(held)

    async with working(scene, handler) as queue:
        await handler.until(lambda: handler.given)
        queue.drain()
        waiting = await scene.queue("two")
        queue.wake()
        until = handler.held[handler.given[0].lease_id]
        await handler.until(lambda: handler.held[handler.given[0].lease_id] > until)
        held.may_end.set()

    assert (await scene.get(running)).status is TaskStatus.COMPLETED
    assert (await scene.get(waiting)).status is TaskStatus.QUEUED


async def test_what_is_wished_of_a_task_is_passed_on_while_it_is_carried_out(scene: Scene) -> None:
    task = await scene.queue()
    held = Held(scene)
    handler = FakeTaskHandler(held)

    async with working(scene, handler) as queue:
        await handler.until(lambda: handler.given)
        await scene.tasks.wish_pause(LOCAL, task.task_id, is_wanted=True)
        await scene.cancel(task)
        queue.wake()
        await handler.until(lambda: handler.wishes and handler.wishes[-1].cancel)
        held.may_end.set()

    assert handler.wishes[-1] == TaskWishes(
        task_id=task.task_id,
        cancel=CancelIntent(mode="graceful", reason="user", by="local"),
        pause=PauseWish(is_wanted=True, by="local", number=1),
    )


async def test_the_tasks_of_a_dead_worker_are_taken_over_and_it_can_write_no_more(
    scene: Scene,
) -> None:
    dead = await scene.start(lease_s=0)

    async def end(claim: Claim) -> bool:
        await scene.end(claim)
        return True

    handler = FakeTaskHandler()
    handler.settles = end
    async with working(scene, handler, worker_id=OTHER_WORKER):
        await handler.until(lambda: handler.taken_over)

    [taken] = handler.taken_over
    assert (taken.task.task_id, taken.task.attempt) == (dead.task.task_id, 1)
    assert handler.given == []
    with pytest.raises(LeaseLost):
        await scene.log.append(scene.lines(dead, "late"))
    assert (await scene.get(dead.task)).status is TaskStatus.COMPLETED


async def test_what_the_worker_before_left_is_taken_over_before_anything_is_given(
    scene: Scene,
) -> None:
    left = await scene.start()  # whose lease is valid
    handler = FakeTaskHandler(ending(scene))

    async with working(scene, handler, worker_id=WorkerId("one.2"), instance="one"):
        assert [claim.task.task_id for claim in handler.taken_over] == [left.task.task_id]


async def test_a_task_that_another_worker_has_taken_is_reported_as_lost(scene: Scene) -> None:
    await scene.queue()
    go_on = asyncio.Event()

    async def carry_out(claim: Claim) -> None:
        await go_on.wait()

    former = FakeTaskHandler(carry_out)
    async with working(scene, former):
        await former.until(lambda: former.given)
        heir = FakeTaskHandler()
        async with working(scene, heir, worker_id=WorkerId("one.2"), instance="one"):
            await former.until(lambda: former.lost_leases)
        go_on.set()

    assert former.lost_leases[0] == former.given[0].lease_id


async def test_a_run_without_a_final_event_is_settled_by_its_worker_until_that_succeeds(
    scene: Scene,
) -> None:
    await scene.queue()
    last = TaskInterrupted(reason="shutdown", attempt=1)

    async def carry_out(claim: Claim) -> Unsettled:
        return Unsettled(last_event=last)

    async def second_time(claim: Claim) -> bool:
        if handler.settling:
            await scene.end(claim)
        return bool(handler.settling)

    handler = FakeTaskHandler(carry_out)
    handler.settles = second_time
    async with working(scene, handler):
        await handler.until(lambda: len(handler.settling) == 2)

    leases = {claim.lease_id for claim, _ in handler.settling}
    assert leases.isdisjoint({handler.given[0].lease_id})
    assert [unsettled.last_event for _, unsettled in handler.settling] == [last, last]
    with pytest.raises(LeaseLost):
        await scene.log.append(scene.lines(handler.given[0], "late"))


async def test_what_was_taken_over_and_not_settled_is_given_to_be_settled(scene: Scene) -> None:
    await scene.start(lease_s=0)

    async def second_time(claim: Claim) -> bool:
        if handler.taken_over:
            await scene.end(claim)
        return bool(handler.taken_over)

    handler = FakeTaskHandler()
    handler.settles = second_time
    async with working(scene, handler, worker_id=OTHER_WORKER):
        await handler.until(lambda: handler.settling)

    [(claim, unsettled)] = handler.settling
    assert unsettled == Unsettled()
    assert (await scene.get(claim.task)).status is TaskStatus.COMPLETED
