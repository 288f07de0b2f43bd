"""A server that is stopped in the middle of a command: the world is fenced, not only the log."""

import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.contract.postgres import postgres_url
from tests.e2e.client import Client, client_of, ends_of, events_of
from tests.e2e.conftest import database_url
from tests.e2e.live_processes import LiveProcesses, processes_of
from tests.e2e.running_server import RunningServer, running_server

__all__ = ["database_url", "postgres_url"]

pytestmark = pytest.mark.fault

SHORT_LEASES = {"AGENTCAST_LEASE_S": "2", "AGENTCAST_HEARTBEAT_S": "0.5"}
AGENTS = """
[agents.bare]
kind = "shell"
sandbox = "none"

[agents.fenced]
kind = "shell"
sandbox = "require"

[agents.durable]
kind = "shell"
sandbox = "none"
on_lost = "requeue"
max_attempts = 2
"""
TICKS = "i=0; while :; do date +%s.%N >> ticks; i=$((i+1)); echo tick $i; sleep 0.05; done"
# Without its mark the other node, here on the same machine, cannot find it when it takes over.
UNMARKED = f"exec env -i PATH=\"$PATH\" sh -c '{TICKS}'"
DAEMON = f"env -i PATH=\"$PATH\" setsid sh -c '{TICKS}' & wait"
WAITING = "echo attempt; sleep 600"


@pytest.mark.parametrize("agent", ["bare", "fenced"])
@pytest.mark.parametrize("command", [UNMARKED, DAEMON], ids=["plain", "daemon"])
@pytest.mark.parametrize("seed", range(3))
async def test_a_frozen_nodes_command_is_over_before_the_sessions_next_task_begins(
    tmp_path: Path, database_url: str, agent: str, command: str, seed: int
) -> None:
    session = f"{agent}-{seed}-{len(command)}"
    async with _node(tmp_path / "one", AGENTCAST_DATABASE_URL=database_url) as one:
        task_id = await one.submit(command, session_id=session, agent=agent)
        await _ticked(one, task_id, random.Random(seed).randint(1, 20))
        async with _node(tmp_path / "two", AGENTCAST_DATABASE_URL=database_url) as two:
            following = await two.submit("echo next", session_id=session, agent=agent)
            with _frozen(one.server):
                seen = await two.events(following)
                [interrupted] = (await two.events(task_id))[-1:]

            started = next(one for one in seen if one.event == "task_started")
            assert _last_tick(one.server) < _seconds(started.data["timestamp"])
            assert interrupted.event == "task_interrupted"
            assert ends_of(await one.events(task_id)) == ["task_interrupted"]


async def test_a_frozen_server_finds_its_task_lost_and_interrupts_it(tmp_path: Path) -> None:
    async with _node(tmp_path / "data") as client:
        task_id = await client.submit(WAITING, session_id="s", agent="bare")
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("log", line="attempt")
            with processes_of(task_id) as processes:
                with _frozen(client.server):
                    await processes.all_gone()
                seen = await stream.to_end()

        assert ends_of(seen) == ["task_interrupted"]
        assert events_of(seen)[-1].data["reason"] == "worker_lost"
        again = await client.submit("echo again", session_id="s", agent="bare")
        assert ends_of(await client.events(again)) == ["task_complete"]


async def test_a_task_that_may_be_repeated_is_once_its_server_goes_on(tmp_path: Path) -> None:
    async with _node(tmp_path / "data") as client:
        task_id = await client.submit(WAITING, session_id="s", agent="durable")
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("log", line="attempt")
            with processes_of(task_id) as processes, _frozen(client.server):
                await processes.all_gone()
            await stream.until("log", line="attempt")
            await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
            seen = await stream.to_end()

    assert ends_of(stream.seen) == ["task_cancelled"]
    started = [one.data["attempt"] for one in stream.seen if one.event == "task_started"]
    assert started == [1, 2], seen


async def test_a_short_stop_harms_nobody(tmp_path: Path) -> None:
    async with _node(tmp_path / "data", AGENTCAST_LEASE_S="30") as client:
        task_id = await client.submit(TICKS, session_id="s", agent="bare")
        await _ticked(client, task_id, 1)
        with _frozen(client.server), processes_of(task_id) as processes:
            assert not await processes.first_gone(within_s=1)

        await _ticked(client, task_id, 30)
        await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
        assert ends_of(await client.events(task_id)) == ["task_cancelled"]


async def test_nothing_of_a_killed_server_lives_on(tmp_path: Path) -> None:
    script = "setsid sh -c 'trap \"\" HUP TERM; echo ready; sleep 600; :' & wait"
    async with _node(tmp_path / "data") as client:
        task_id = await client.submit(script, session_id="s", agent="bare")
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("log", line="ready")
            with processes_of(task_id) as processes, _watchdog_of(client.server) as watchdog:
                client.server.kill()
                await processes.all_gone()
                await watchdog.all_gone()


@asynccontextmanager
async def _node(data_dir: Path, **settings: str) -> AsyncIterator[Client]:
    config = data_dir.parent / "agents.toml"
    config.write_text(AGENTS)
    chosen = SHORT_LEASES | {"AGENTCAST_CONFIG": str(config)} | settings
    with running_server(data_dir, **chosen) as server:
        async with client_of(server) as client:
            yield client


@contextmanager
def _frozen(server: RunningServer) -> Iterator[None]:
    server.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.signal(signal.SIGCONT)


async def _ticked(client: Client, task_id: str, times: int) -> None:
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line=f"tick {times}")


def _last_tick(server: RunningServer) -> float:
    [ticks] = list(server.data_dir.glob("workspaces/**/ticks"))
    return float(ticks.read_text().split()[-1])


@contextmanager
def _watchdog_of(server: RunningServer) -> Iterator[LiveProcesses]:
    found = LiveProcesses(_watchdogs(server))
    try:
        yield found
    finally:
        found.close()


def _watchdogs(server: RunningServer) -> list[int]:
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if f"watchdog_process import main; main()\0{server.pid}\0" in _command_line(folder)
    ]


def _command_line(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _seconds(timestamp: object) -> float:
    return datetime.fromisoformat(str(timestamp)).timestamp()
