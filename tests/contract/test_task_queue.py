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
from tests.contract.store_harness import OTHER_WORKER, WORKER, StoreHarness
from tests.fake_task_handler import CarryOut, FakeTaskHandler
from tests.patience import PATIENCE_S

T = TypeVar("T")


async def at_once(write: Callable[[], Awaitable[T]]) -> T:
    return await write()


@asynccontextmanager
async def working(
    harness: StoreHarness,
    handler: FakeTaskHandler,
    *,
    worker_id: WorkerId = WORKER,
    instance: str | None = None,
    takes_any: bool = True,
) -> AsyncIterator[TaskQueue]:
    """One worker's end of the queue. Another adapter joins here."""
    queue = LeasedTaskQueue(
        leases=harness.leases,
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


def ending(harness: StoreHarness) -> CarryOut:
    async def end(claim: Claim) -> None:
        await harness.end(claim)

    return end


class Blocked:
    """Carries tasks out until the test ends them."""

    def __init__(self, harness: StoreHarness) -> None:
        self._harness = harness
        self.may_end = asyncio.Event()

    async def __call__(self, claim: Claim) -> None:
        await self.may_end.wait()
        await self._harness.end(claim)


async def test_tasks_are_delivered_as_attempts_and_those_of_a_session_one_after_the_other(
    harness: StoreHarness,
) -> None:
    first, second = await harness.queue(), await harness.queue()
    blocked = Blocked(harness)
    handler = FakeTaskHandler(blocked)

    async with working(harness, handler) as queue:
        await handler.until(lambda: handler.given)
        other = await harness.queue("other")
        queue.wake()
        await handler.until(lambda: len(handler.given) == 2)
        blocked.may_end.set()
        await handler.until(lambda: len(handler.given) == 3)

    given = [claim.task for claim in handler.given]
    assert [task.task_id for task in given] == [first.task_id, other.task_id, second.task_id]
    assert {(task.status, task.attempt) for task in given} == {(TaskStatus.RUNNING, 1)}
    assert all(claim.is_first for claim in handler.given)
    assert (await harness.get(second)).status is TaskStatus.COMPLETED


async def test_no_task_is_delivered_to_two_workers(
    two_harnesses: tuple[StoreHarness, StoreHarness],
) -> None:
    tasks = [await two_harnesses[0].queue(f"talk-{number % 8}") for number in range(24)]
    given: list[TaskId] = []
    all_given = asyncio.Event()

    def counting(harness: StoreHarness) -> CarryOut:
        async def end(claim: Claim) -> None:
            given.append(claim.task.task_id)
            await harness.end(claim)
            if len(given) >= len(tasks):
                all_given.set()

        return end

    async with AsyncExitStack() as workers:
        for number in range(4):
            harness = two_harnesses[number % 2]
            handler = FakeTaskHandler(counting(harness), room=2)
            worker_id = WorkerId(f"node-{number}.1")
            await workers.enter_async_context(working(harness, handler, worker_id=worker_id))
        with anyio.fail_after(PATIENCE_S):
            await all_given.wait()

    assert Counter(given) == {task.task_id: 1 for task in tasks}


async def test_no_more_tasks_are_delivered_at_a_time_than_there_is_capacity_for(
    harness: StoreHarness,
) -> None:
    for number in range(3):
        await harness.queue(f"talk-{number}")
    blocked = Blocked(harness)
    handler = FakeTaskHandler(blocked, room=0)

    async with working(harness, handler) as queue:
        before = len(handler.given)
        handler.room = 2
        queue.wake()
        await handler.until(lambda: len(handler.given) == 2)
        blocked.may_end.set()
        await handler.until(lambda: len(handler.given) == 3)

    assert before == 0
    assert handler.most == 2


@pytest.mark.parametrize(("is_spent", "attempts"), [(True, [1, 2]), (False, [1, 1])])
async def test_a_task_that_is_handed_back_is_delivered_again(
    harness: StoreHarness, is_spent: bool, attempts: list[int]
) -> None:
    await harness.queue()

    async def carry_out(claim: Claim) -> None:
        if claim.is_first:
            await queue.hand_back(claim, attempt_spent=is_spent)
        else:
            await harness.end(claim)

    handler = FakeTaskHandler(carry_out)
    async with working(harness, handler) as queue:
        await handler.until(lambda: len(handler.given) == 2)

    assert [claim.task.attempt for claim in handler.given] == attempts
    assert [claim.is_first for claim in handler.given] == [True, False]


async def test_a_reserved_task_is_delivered_to_its_worker_alone(harness: StoreHarness) -> None:
    reserved = (await harness.submit(harness.new_task("one"), reserved_for=WORKER)).task
    free = await harness.queue("two")
    mine, theirs = FakeTaskHandler(ending(harness)), FakeTaskHandler(ending(harness))

    async with (
        working(harness, theirs, worker_id=OTHER_WORKER),
        working(harness, mine, takes_any=False) as queue,
    ):
        await theirs.until(lambda: theirs.given)
        queue.reserve(reserved.task_id)
        await mine.until(lambda: mine.given)

    assert [claim.task.task_id for claim in mine.given] == [reserved.task_id]
    assert [claim.task.task_id for claim in theirs.given] == [free.task_id]


async def test_no_task_starts_after_a_drain_and_leaving_waits_for_those_delivered(
    harness: StoreHarness,
) -> None:
    running = await harness.queue("one")
    blocked = Blocked(harness)
    handler = FakeTaskHandler(blocked)

    async with working(harness, handler) as queue:
        await handler.until(lambda: handler.given)
        queue.drain()
        waiting = await harness.queue("two")
        queue.wake()
        until = handler.lease_ends[handler.given[0].lease_id]
        await handler.until(lambda: handler.lease_ends[handler.given[0].lease_id] > until)
        blocked.may_end.set()

    assert (await harness.get(running)).status is TaskStatus.COMPLETED
    assert (await harness.get(waiting)).status is TaskStatus.QUEUED


async def test_what_is_wished_of_a_task_is_passed_on_while_it_is_carried_out(
    harness: StoreHarness,
) -> None:
    task = await harness.queue()
    blocked = Blocked(harness)
    handler = FakeTaskHandler(blocked)

    async with working(harness, handler) as queue:
        await handler.until(lambda: handler.given)
        await harness.tasks.wish_pause(LOCAL, task.task_id, is_wanted=True)
        await harness.cancel(task)
        queue.wake()
        await handler.until(lambda: handler.wishes and handler.wishes[-1].cancel)
        blocked.may_end.set()

    assert handler.wishes[-1] == TaskWishes(
        task_id=task.task_id,
        cancel=CancelIntent(mode="graceful", reason="user", by="local"),
        pause=PauseWish(is_wanted=True, by="local", number=1),
    )


async def test_the_tasks_of_a_dead_worker_are_taken_over_and_it_can_write_no_more(
    harness: StoreHarness,
) -> None:
    dead = await harness.start(lease_s=0)

    async def end(claim: Claim) -> bool:
        await harness.end(claim)
        return True

    handler = FakeTaskHandler()
    handler.settles = end
    async with working(harness, handler, worker_id=OTHER_WORKER):
        await handler.until(lambda: handler.taken_over)

    [taken] = handler.taken_over
    assert (taken.task.task_id, taken.task.attempt) == (dead.task.task_id, 1)
    assert handler.given == []
    with pytest.raises(LeaseLost):
        await harness.log.append(harness.lines(dead, "late"))
    assert (await harness.get(dead.task)).status is TaskStatus.COMPLETED


async def test_the_tasks_of_the_former_worker_are_taken_over_before_any_is_delivered(
    harness: StoreHarness,
) -> None:
    left = await harness.start()  # whose lease is valid
    handler = FakeTaskHandler(ending(harness))

    async with working(harness, handler, worker_id=WorkerId("one.2"), instance="one"):
        assert [claim.task.task_id for claim in handler.taken_over] == [left.task.task_id]


async def test_a_task_that_another_worker_has_taken_is_reported_as_lost(
    harness: StoreHarness,
) -> None:
    await harness.queue()
    go_on = asyncio.Event()

    async def carry_out(claim: Claim) -> None:
        await go_on.wait()

    former = FakeTaskHandler(carry_out)
    async with working(harness, former):
        await former.until(lambda: former.given)
        heir = FakeTaskHandler()
        async with working(harness, heir, worker_id=WorkerId("one.2"), instance="one"):
            await former.until(lambda: former.lost_leases)
        go_on.set()

    assert former.lost_leases[0] == former.given[0].lease_id


async def test_a_run_without_a_final_event_is_settled_by_its_worker_until_that_succeeds(
    harness: StoreHarness,
) -> None:
    await harness.queue()
    last = TaskInterrupted(reason="shutdown", attempt=1)

    async def carry_out(claim: Claim) -> Unsettled:
        return Unsettled(last_event=last)

    async def second_time(claim: Claim) -> bool:
        if handler.settling:
            await harness.end(claim)
        return bool(handler.settling)

    handler = FakeTaskHandler(carry_out)
    handler.settles = second_time
    async with working(harness, handler):
        await handler.until(lambda: len(handler.settling) == 2)

    leases = {claim.lease_id for claim, _ in handler.settling}
    assert leases.isdisjoint({handler.given[0].lease_id})
    assert [unsettled.last_event for _, unsettled in handler.settling] == [last, last]
    with pytest.raises(LeaseLost):
        await harness.log.append(harness.lines(handler.given[0], "late"))


async def test_a_task_that_was_taken_over_and_not_settled_is_delivered_to_be_settled(
    harness: StoreHarness,
) -> None:
    await harness.start(lease_s=0)

    async def second_time(claim: Claim) -> bool:
        if handler.taken_over:
            await harness.end(claim)
        return bool(handler.taken_over)

    handler = FakeTaskHandler()
    handler.settles = second_time
    async with working(harness, handler, worker_id=OTHER_WORKER):
        await handler.until(lambda: handler.settling)

    [(claim, unsettled)] = handler.settling
    assert unsettled == Unsettled()
    assert (await harness.get(claim.task)).status is TaskStatus.COMPLETED
