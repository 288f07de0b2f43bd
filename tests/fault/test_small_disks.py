"""Small disks that are filled at any moment, by whomever: nothing stays untrue, and room is enough to recover."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio
import pytest

from tests.e2e.client import ENDS, Client, client_of, events_of
from tests.e2e.live_processes import pids_of
from tests.e2e.running_server import RunningServer, running_server
from tests.fault.small_disk import SmallDisk, looks, seeded_chance, small_disk
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.fault

SIZES = (2, 8, 40, 200)
FLOOD = "yes this is a line of a flood of output, and all of them are to be kept"
FILE = "while :; do dd if=/dev/zero of=big oflag=append conv=notrunc bs=64k; done 2>/dev/null"
DD = "dd if=/dev/zero of=big bs=64k; sleep 600"
ONE_FILE = "dd if=/dev/zero of=big bs=64k"
QUIET = "sleep 600"
UNBOUNDED = {"AGENTCAST_OUTPUT_MAX_BYTES": "0", "AGENTCAST_WORKSPACE_MAX_BYTES": "0"}
MOST_FLOODED = 20 * 1024 * 1024


class Site:
    """A server on a small disk, and a client of it."""

    def __init__(self, disk: SmallDisk, server: RunningServer, client: Client) -> None:
        self.disk = disk
        self.server = server
        self.client = client
        self.shared: set[str] = set()
        """Sessions with more than one task, whose numbers each of them has a part of."""

    async def submitted(self, *texts: str) -> list[str]:
        """Tasks that run, each in a session of its own."""
        tasks = [
            await self.client.submit(text, session_id=f"s{place}")
            for place, text in enumerate(texts)
        ]
        for task_id in tasks:
            async with self.client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                await stream.until("process_started")
        return tasks

    async def until_ready(self, code: str | None) -> None:
        """None: it is ready."""
        with anyio.fail_after(PATIENCE_S):
            async for _ in looks():
                if await self.not_ready() == code:
                    return

    async def not_ready(self) -> str | None:
        answer = await self.client.request("GET", "/ready")
        return None if answer.status_code == 200 else str(answer.json()["code"])

    async def processes_gone(self, tasks: list[str]) -> None:
        with anyio.fail_after(PATIENCE_S):
            async for _ in looks():
                if not any(map(pids_of, tasks)):
                    return

    async def status(self, method: str, path: str, json: object = None) -> int:
        return (await self.client.request(method, f"/api/v1{path}", json=json)).status_code

    async def submit_status(self) -> int:
        task = {"task": "echo no", "session_id": "more", "agent": "shell"}
        return await self.status("POST", "/tasks", task)

    async def ended(self, task_id: str) -> tuple[str, str]:
        """How it ended; the log is dense, and has one end of it, which is its last event."""
        with anyio.fail_after(PATIENCE_S):
            task = await self.client.finished(task_id)
        events = events_of(await self.client.events(task_id))
        numbers = [int(str(one.data["seq"])) for one in events]
        assert sorted(set(numbers)) == numbers
        if task["session_id"] not in self.shared:
            assert numbers == list(range(1, len(numbers) + 1))
        assert [one.event in ENDS for one in events] == [False] * (len(events) - 1) + [True]
        return str(task["status"]), str(task.get("reason"))


@asynccontextmanager
async def site(tmp_path: Path, megabytes: int, **settings: str) -> AsyncIterator[Site]:
    with (
        small_disk(tmp_path / "disk", megabytes=megabytes) as disk,
        running_server(
            tmp_path / "disk" / "data", AGENTCAST_LOG_LEVEL="warning", **settings
        ) as server,
    ):
        async with client_of(server) as client:
            yield Site(disk, server, client)


@pytest.mark.parametrize("megabytes", SIZES)
@pytest.mark.parametrize("filler", [FILE, DD, FLOOD], ids=["file", "dd", "flood"])
async def test_a_task_that_fills_the_disk_ends_with_all_others_and_the_server_recovers(
    tmp_path: Path, megabytes: int, filler: str
) -> None:
    async with site(tmp_path, megabytes, **UNBOUNDED) as here:
        if filler == FLOOD:
            here.disk.leave(MOST_FLOODED)  # which is soon written, and read
        quiet, filling = await here.submitted(QUIET, filler)
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
async def test_a_stranger_who_fills_the_disk_at_any_moment_leaves_nothing_untrue(
    tmp_path: Path, megabytes: int
) -> None:
    chance = seeded_chance()
    async with site(tmp_path, megabytes, **UNBOUNDED) as here:
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
        assert await here.status("DELETE", "/sessions/s1") == 204  # what it said may fill the disk
        await here.until_ready(None)
        assert await _works(here)


@pytest.mark.parametrize("megabytes", SIZES)
async def test_what_is_queued_on_a_full_disk_can_be_cancelled_and_the_rest_begins_later(
    tmp_path: Path, megabytes: int
) -> None:
    async with site(tmp_path, megabytes, **UNBOUNDED) as here:
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


@pytest.mark.parametrize("megabytes", SIZES)
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_server_that_is_killed_on_a_full_disk_serves_what_is_there(
    tmp_path: Path, megabytes: int, moment: str
) -> None:
    """`before` it could say anything, or `after` it had."""
    async with site(tmp_path, megabytes, **UNBOUNDED) as here:
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
    tmp_path: Path, megabytes: int
) -> None:
    async with site(tmp_path, megabytes, **UNBOUNDED) as here:
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


@pytest.mark.parametrize("megabytes", SIZES)
async def test_a_command_that_writes_without_end_is_ended_and_not_the_server(
    tmp_path: Path, megabytes: int
) -> None:
    async with site(tmp_path, megabytes) as here:
        [quiet] = await here.submitted(QUIET)
        writing = await here.client.submit(f"{ONE_FILE}; echo ended", session_id="s1")

        assert (await here.client.finished(writing))["status"] == "completed"
        assert await here.not_ready() is None
        assert (await here.client.get(f"/api/v1/tasks/{quiet}"))["status"] == "running"


async def _works(here: Site) -> bool:
    task_id = await here.client.submit("echo again", session_id="again")
    return (await here.client.finished(task_id))["status"] == "completed"
