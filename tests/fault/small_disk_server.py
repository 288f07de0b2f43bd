"""A server on a small disk, of root or of an ordinary user, and a client of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from types import MappingProxyType
from typing import Literal

import anyio

from tests.cli_fork_server import AGENTCAST
from tests.e2e.client import ENDS, Client, client_of, events_of
from tests.e2e.live_processes import pids_of
from tests.e2e.running_server import RunningServer, running_server
from tests.fault.ordinary_user import Launch, folder_for_all, launch_of_nobody
from tests.fault.small_disk import SmallDisk, looks, small_disk
from tests.patience import PATIENCE_S

User = Literal["root", "nobody"]

LAUNCH = Launch((AGENTCAST,), {})


class SmallDiskServer:
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
async def small_disk_server(
    megabytes: int, user: User = "root", settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[SmallDiskServer]:
    """A server of this user's; the disk is anybody's."""
    with ExitStack() as opened:
        folder = opened.enter_context(folder_for_all()) / "disk"
        disk = opened.enter_context(small_disk(folder, megabytes=megabytes))
        launch = opened.enter_context(launch_of_nobody()) if user == "nobody" else LAUNCH
        environment = launch.settings | {"AGENTCAST_LOG_LEVEL": "warning"} | dict(settings)
        server = opened.enter_context(
            running_server(folder / "data", command=launch.command, **environment)
        )
        async with client_of(server) as client:
            yield SmallDiskServer(disk, server, client)
