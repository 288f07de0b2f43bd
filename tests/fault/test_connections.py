"""Connections that nobody ends, and more of them than the machine can hold."""

import json
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.http.protocol.listening_socket import DEAD_PEER_S
from tests.e2e.client import client_of
from tests.e2e.raw_client import raw_client
from tests.e2e.running_server import RunningServer, running_server

pytestmark = pytest.mark.fault

_ROOM = 40
_HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
_TREE = Path(__file__).parents[2]


def test_a_peer_that_vanished_is_noticed_in_half_a_minute(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.fault.half_open_peer", str(tmp_path)]
    ended = subprocess.run(
        ["unshare", "--net", *program],
        cwd=_TREE,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )

    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["noticed_s"] < DEAD_PEER_S + 3
    assert seen["streams"] == 0


async def test_out_of_descriptors_the_server_waits_without_spinning_and_recovers(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path / "data", AGENTCAST_REQUEST_S="600") as server:
        async with client_of(server) as client, raw_client(server) as early:
            early.send(_HEALTH)
            await early.until(b'"ok"')
            async with _no_descriptors_left(server):
                busy_s = _busy_s(server)
                async with raw_client(server) as late:
                    late.send(_HEALTH)
                    assert await late.anything(within_s=3) == b""
                early.send(_HEALTH)
                await early.until(b'"ok"')
                busy_s = _busy_s(server) - busy_s

            with anyio.fail_after(5):
                assert (await client.get("/health"))["status"] == "ok"

    assert busy_s < 1
    stderr = (tmp_path / "data.stderr").read_text()
    assert stderr.count("connections have to wait") == 1
    assert "out of system resource" not in stderr


@asynccontextmanager
async def _no_descriptors_left(server: RunningServer) -> AsyncIterator[None]:
    used = psutil.Process(server.pid).num_fds()
    former = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used + _ROOM, former[1]))
    async with AsyncExitStack() as connections:
        for _ in range(_ROOM + 20):
            await connections.enter_async_context(raw_client(server))
        yield


def _busy_s(server: RunningServer) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return times.user + times.system
