"""PostgreSQL on a full disk: reported as such, nothing lost, and work resumes when there is room."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]
import pytest

from domain.errors import StorageFull
from tests.contract.postgres import emptied, execute, postgres_url
from tests.contract.stores import sql_harness
from tests.fault.ordinary_user import folder_for_all
from tests.fault.small_disk import SmallDisk, small_disk

__all__ = ["postgres_url"]

pytestmark = pytest.mark.fault


async def test_a_full_disk_of_postgres_is_reported_and_work_resumes_when_there_is_room(
    postgres_url: str,
) -> None:
    await emptied(postgres_url)
    with _disk_of(await _owner(postgres_url)) as disk:
        await execute(
            postgres_url,
            f"CREATE TABLESPACE small LOCATION '{disk.folder}/space'",
        )
        await execute(postgres_url, "ALTER TABLE events SET TABLESPACE small")
        try:
            disk.leave(2 * 1024 * 1024)
            async with sql_harness(postgres_url) as harness:
                claim = await harness.start()
                stored = 1
                with pytest.raises(StorageFull):
                    while True:
                        stored += len(
                            await harness.log.append(harness.lines(claim, *["x" * 9000] * 50))
                        )

                disk.free_what_was_filled()
                [after] = await harness.log.append(harness.lines(claim, "again"))

                assert after.seq == stored + 1
                written = await harness.written(claim.task.session_key)
                assert [seq for seq, _ in written] == list(range(1, stored + 2))
        finally:
            await emptied(postgres_url)
            await execute(postgres_url, "ALTER TABLE events SET TABLESPACE pg_default")
            await execute(postgres_url, "DROP TABLESPACE small")


@contextmanager
def _disk_of(owner: int) -> Iterator[SmallDisk]:
    """Where the user of PostgreSQL can reach it."""
    with folder_for_all() as folder, small_disk(folder / "disk", megabytes=8) as disk:
        space = disk.folder / "space"
        space.mkdir()
        os.chown(space, owner, owner)
        yield disk


async def _owner(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return _user_of(await connection.fetchval("SELECT pg_backend_pid()"))
    finally:
        await connection.close()


def _user_of(pid: int) -> int:
    return os.stat(f"/proc/{pid}").st_uid
