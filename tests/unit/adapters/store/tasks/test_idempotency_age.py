"""An idempotency key lasts a day."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ports.task_store import IdempotencyKey
from tests.contract.stores import sql_harness

_DAY_US = 24 * 3600 * 1_000_000
_KEY = IdempotencyKey(key="k", request_hash="h")


async def test_a_key_from_yesterday_makes_a_new_task(tmp_path: Path) -> None:
    async with sql_harness(f"sqlite:///{tmp_path}/store.db") as harness:
        first = await harness.submit(harness.new_task(), idempotency=_KEY)
        _make_older(tmp_path / "store.db", _DAY_US - 60_000_000)
        repeated = await harness.submit(harness.new_task(), idempotency=_KEY)
        _make_older(tmp_path / "store.db", 61_000_000)
        fresh = await harness.submit(harness.new_task(), idempotency=_KEY)

    assert repeated.task == first.task
    assert not fresh.is_repeat


def _make_older(path: Path, age_us: int) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE idempotency_keys SET created_at = created_at - ?", (age_us,))
        other.commit()
