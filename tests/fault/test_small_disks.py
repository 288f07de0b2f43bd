"""Small disks that are filled at any moment, by whomever: nothing stays untrue, and room is enough to recover."""

import sqlite3
from contextlib import closing

import anyio
import pytest

from tests.e2e.live_processes import pids_of
from tests.fault.small_disk import seeded_chance
from tests.fault.small_disk_server import SmallDiskServer, User, small_disk_server

pytestmark = pytest.mark.fault

SIZES = (2, 8, 40, 200)
FLOOD = "yes this is a line of a flood of output, and all of them are to be kept"
FILE = "while :; do dd if=/dev/zero of=big oflag=append conv=notrunc bs=64k; done 2>/dev/null"
DD = "dd if=/dev/zero of=big bs=64k; sleep 600"
ONE_FILE = "dd if=/dev/zero of=big bs=64k"
QUIET = "sleep 600"
UNBOUNDED = {"AGENTCAST_OUTPUT_MAX_BYTES": "0", "AGENTCAST_WORKSPACE_MAX_BYTES": "0"}
MOST_FLOODED = 20 * 1024 * 1024

AS_ROOT = [("root", megabytes) for megabytes in SIZES]
FILLERS = {"file": FILE, "dd": DD, "flood": FLOOD}
FILLED = [
    *((*here, filler) for here in AS_ROOT for filler in FILLERS),
    # Every size and every kind, though not every pair of them: a start takes a while.
    ("nobody", 2, "flood"),
    ("nobody", 8, "file"),
    ("nobody", 40, "dd"),
    ("nobody", 200, "flood"),
]
KILLED = [
    *((*here, moment) for here in AS_ROOT for moment in ("before", "after")),
    ("nobody", 40, "after"),
]


@pytest.mark.parametrize(("user", "megabytes", "filler"), FILLED)
async def test_a_task_that_fills_the_disk_ends_with_all_others_and_the_server_recovers(
    user: User, megabytes: int, filler: str
) -> None:
    async with small_disk_server(megabytes, user, UNBOUNDED) as here:
        if filler == "flood":
            here.disk.leave(MOST_FLOODED)  # which is soon written, and read
        quiet, filling = await here.submitted(QUIET, FILLERS[filler])
        await here.until_ready("storage_full")

        ends = [await here.ended(task_id) for task_id in (quiet, filling)]

        assert ends == [("failed", "storage_full")] * 2
        assert [pids_of(quiet), pids_of(filling)] == [[], []]
        assert await here.submit_status() == 507
        assert await here.status("POST", "/sessions", {}) == 507
        assert await here.status("PUT", "/agents/x", {"argv": ["true"]}) == 507
        assert await here.status("POST", f"/tasks/{quiet}/cancel") == 200
        assert (await here.client.request("GET", "/health")).status_code == 200
        assert await here.status("DELETE", "/sessions/s1") == 204
        await here.until_ready(None)
        assert await _works(here)
        assert await here.ended(quiet) == ("failed", "storage_full")


@pytest.mark.parametrize("megabytes", SIZES)
async def test_another_program_that_fills_the_disk_at_any_moment_leaves_nothing_untrue(
    megabytes: int,
) -> None:
    chance = seeded_chance()
    async with small_disk_server(megabytes, settings=UNBOUNDED) as here:
        tasks = await here.submitted(QUIET, FLOOD)
        await anyio.sleep(chance.random() / 4)
        here.disk.fill()
        await here.until_ready("storage_full")

        assert await here.submit_status() == 507
        await here.processes_gone(tasks)

        # He may have come in the very moment in which the reserve was given up, and have it.
        here.disk.free_what_was_filled()
        ends = [await here.ended(task_id) for task_id in tasks]
        assert ends == [("failed", "storage_full")] * 2
        assert await here.status("DELETE", "/sessions/s1") == 204  # its log may fill the disk
        await here.until_ready(None)
        assert await _works(here)


@pytest.mark.parametrize("megabytes", SIZES)
async def test_what_is_queued_on_a_full_disk_can_be_cancelled_and_the_rest_begins_later(
    megabytes: int,
) -> None:
    async with small_disk_server(megabytes, settings=UNBOUNDED) as here:
        [running] = await here.submitted(QUIET)
        here.shared.add("s0")
        waiting = await here.client.submit("echo one", session_id="s0")
        unwanted = await here.client.submit("echo two", session_id="s0")
        here.disk.fill()
        await here.until_ready("storage_full")

        assert await here.ended(running) == ("failed", "storage_full")
        assert await here.status("POST", f"/tasks/{unwanted}/cancel") == 202
        assert (await here.client.get(f"/api/v1/tasks/{waiting}"))["status"] == "queued"

        here.disk.free_what_was_filled()
        assert (await here.client.finished(waiting))["status"] == "completed"
        assert (await here.client.get(f"/api/v1/tasks/{unwanted}"))["status"] == "cancelled"


@pytest.mark.parametrize(("user", "megabytes", "moment"), KILLED)
async def test_a_server_that_is_killed_on_a_full_disk_serves_what_is_there(
    user: User, megabytes: int, moment: str
) -> None:
    """`before` it could answer, or `after` it had."""
    async with small_disk_server(megabytes, user, UNBOUNDED) as here:
        tasks = await here.submitted(QUIET, "echo a line; sleep 600")
        here.disk.fill()
        if moment == "after":
            await here.until_ready("storage_full")
        here.server.kill()
        here.disk.fill()

        here.server.start()

        assert await here.not_ready() == "storage_full"
        assert await here.submit_status() == 507
        assert (await here.client.get("/api/v1/sessions/s1"))["session_id"] == "s1"
        for task_id in tasks:
            status, reason = await here.ended(task_id)
            assert (status, reason) in {
                ("failed", "storage_full"),
                ("interrupted", "worker_lost"),
            }
            assert pids_of(task_id) == []

        here.disk.free_what_was_filled()
        await here.until_ready(None)
        assert await _works(here)


@pytest.mark.parametrize("megabytes", SIZES)
async def test_without_room_for_what_readers_share_the_database_is_read_all_the_same(
    megabytes: int,
) -> None:
    async with small_disk_server(megabytes, settings=UNBOUNDED) as here:
        [ended, running] = await here.submitted("echo done", QUIET)
        assert await here.ended(ended) == ("completed", "None")
        here.disk.fill()
        await here.until_ready("storage_full")
        here.server.kill()
        data = here.server.data_dir
        for name in ("agentcast.db-shm", "reserve"):
            (data / name).unlink(missing_ok=True)
        here.disk.fill()

        here.server.start()

        assert await here.not_ready() == "storage_full"
        assert await here.ended(ended) == ("completed", "None")
        assert (await here.client.get("/api/v1/sessions/s1"))["session_id"] == "s1"

        here.disk.free_what_was_filled()
        await here.until_ready(None)
        assert (await here.client.finished(running))["status"] in {"failed", "interrupted"}
        assert await _works(here)
        with closing(sqlite3.connect(data / "agentcast.db")) as other:  # who shares it again
            assert other.execute("SELECT count(*) FROM tasks").fetchone() == (3,)


@pytest.mark.parametrize(("user", "megabytes"), [*AS_ROOT, ("nobody", 8)])
async def test_a_command_that_writes_without_end_is_ended_and_not_the_server(
    user: User, megabytes: int
) -> None:
    async with small_disk_server(megabytes, user) as here:
        [quiet] = await here.submitted(QUIET)
        writing = await here.client.submit(f"{ONE_FILE}; echo ended", session_id="s1")

        assert (await here.client.finished(writing))["status"] == "completed"
        assert await here.not_ready() is None
        assert (await here.client.get(f"/api/v1/tasks/{quiet}"))["status"] == "running"


async def _works(here: SmallDiskServer) -> bool:
    task_id = await here.client.submit("echo again", session_id="again")
    return (await here.client.finished(task_id))["status"] == "completed"
