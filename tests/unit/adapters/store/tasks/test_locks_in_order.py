"""Transactions on PostgreSQL that lock several rows never deadlock."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.contract.postgres import emptied, execute
from tests.contract.store_harness import COMPLETE, WORKER, StoreHarness
from tests.contract.stores import sql_harness
from tests.patience import PATIENCE_S

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
async def url(postgres_url: str) -> str:
    return await emptied(postgres_url)


@pytest.fixture
async def harness(url: str) -> AsyncIterator[StoreHarness]:
    async with sql_harness(url) as harness:
        yield harness


async def test_leases_are_renewed_beside_a_batch_that_ends_several_tasks(
    harness: StoreHarness, url: str
) -> None:
    for name in ("first", "second"):
        await harness.end(await harness.start(name))
    await execute(url, "VACUUM FULL ANALYZE tasks")  # so that what is found lies as it came
    second, first = await harness.start("second"), await harness.start("first")
    holder, looker = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        lock = holder.transaction()
        await lock.start()
        await _lock(holder, "sessions WHERE session_id = 'second'")
        async with asyncio.TaskGroup() as group:
            ends = [
                group.create_task(harness.log.append(harness.changing(claim, COMPLETE)))
                for claim in (second, first)
            ]
            await _are_waiting(looker, 1)
            renewal = group.create_task(harness.leases.heartbeat(WORKER, lease_s=30))
            await _are_waiting(looker, 2)

            # What the batch comes to later, whoever waits for the batch has not locked.
            await _lock(looker, f"tasks WHERE task_id = '{second.task.task_id}'")

            await lock.rollback()
    finally:
        await holder.close()
        await looker.close()

    assert [len(end.result()) for end in ends] == [1, 1]
    assert list(renewal.result()) == []


async def _are_waiting(connection: asyncpg.Connection, count: int) -> None:
    with anyio.fail_after(PATIENCE_S):
        while await connection.fetchval(WAITING) != count:
            await anyio.lowlevel.checkpoint()


async def _lock(connection: asyncpg.Connection, row: str) -> None:
    """Raises when another transaction holds it."""
    await connection.execute(f"SELECT 1 FROM {row} FOR UPDATE NOWAIT")


async def test_a_task_is_claimed_again_while_others_write_to_its_session(
    harness: StoreHarness, url: str
) -> None:
    """Or its worker, which is asked to settle it once, would leave it running for ever."""
    claim = await harness.start()
    holder, looker = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        lock = holder.transaction()
        await lock.start()
        await _lock(holder, "sessions")
        async with asyncio.TaskGroup() as group:
            taking = group.create_task(
                harness.leases.reclaim(
                    WORKER, claim.task.task_id, lease_id=claim.lease_id, lease_s=30
                )
            )
            await _are_waiting(looker, 1)
            await lock.rollback()
    finally:
        await holder.close()
        await looker.close()

    again = taking.result()
    assert again is not None
    assert again.task.task_id == claim.task.task_id
