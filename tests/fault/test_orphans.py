"""Orphans that hide from their command, on a server whose commands have no sandbox."""

import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.e2e.client import Client, client_of, ends_of
from tests.e2e.live_processes import LiveProcesses
from tests.e2e.running_server import running_server

pytestmark = pytest.mark.fault

AGENTS = """
[agents.bare]
kind = "shell"
sandbox = "none"
"""
HIDE = """
import os
reading, writing = os.pipe()
if os.fork():
    print(f"hidden {int(os.read(reading, 20))}", flush=True)
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
with open("/proc/self/oom_score_adj", "w") as score:
    score.write("0")
os.write(writing, str(os.getpid()).encode())
nothing = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2):
    os.dup2(nothing, fd)
os.execve("/bin/sleep", ["sleep", "600"], {})
"""
WAITING = "echo ready; sleep 600"


async def test_a_hidden_orphan_lives_as_long_as_its_task(tmp_path: Path) -> None:
    async with _server(tmp_path) as client:
        task_id, pid = await _hiding(client, "s")
        with _pinned(pid) as hidden:
            later = await _waiting(client, "later")
            await _cancel(client, later)
            assert not await hidden.first_gone(within_s=1.5)

            await _waiting(client, "another")
            await _cancel(client, task_id)
            await hidden.all_gone()


async def test_an_orphan_that_may_be_of_either_task_ends_with_the_last_of_them(
    tmp_path: Path,
) -> None:
    async with _server(tmp_path) as client:
        earlier = await _waiting(client, "earlier")
        task_id, pid = await _hiding(client, "s")
        with _pinned(pid) as hidden:
            await _cancel(client, earlier)
            assert not await hidden.first_gone(within_s=1.5)

            await _cancel(client, task_id)
            await hidden.all_gone()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
async def test_a_hidden_orphan_ends_with_the_server(tmp_path: Path, end: signal.Signals) -> None:
    async with _server(tmp_path) as client:
        _, pid = await _hiding(client, "s")
        with _pinned(pid) as hidden:
            # One look for orphans is made a second; what it finds is known beyond the server's end.
            assert not await hidden.first_gone(within_s=2.5)
            if end is signal.SIGKILL:
                client.server.kill()
            else:
                client.server.stop()
            await hidden.all_gone()


async def _hiding(client: Client, session_id: str) -> tuple[str, int]:
    """A task that waits, and the pid of the process that it orphaned."""
    script = f"{sys.executable} -S -c '{HIDE}'; sleep 600"
    task_id = await client.submit(script, session_id=session_id, agent="bare")
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        while not (line := str((await stream.until("log"))[-1].data["line"])).startswith("hidden"):
            pass
    return task_id, int(line.split()[1])


async def _waiting(client: Client, session_id: str) -> str:
    task_id = await client.submit(WAITING, session_id=session_id, agent="bare")
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line="ready")
    return task_id


async def _cancel(client: Client, task_id: str) -> None:
    await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
    assert ends_of(await client.events(task_id)) == ["task_cancelled"]


@contextmanager
def _pinned(pid: int) -> Iterator[LiveProcesses]:
    processes = LiveProcesses([pid])
    try:
        yield processes
    finally:
        _end(processes.pidfds[0])
        processes.close()


def _end(pidfd: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    except ProcessLookupError:
        return


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[Client]:
    (folder / "agentcast.toml").write_text(AGENTS)
    with running_server(folder / "data") as server:
        async with client_of(server) as client:
            yield client
