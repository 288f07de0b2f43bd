"""Asking a server to end while some of its readers do not read."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import anyio

from tests.e2e.client import Client
from tests.e2e.running_server import RunningServer
from tests.patience import PATIENCE_S

READERS = 5
LOUD = "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i {}; done; sleep 600".format("x" * 4000)
"""More than any socket's buffers hold, in few events."""


async def test_readers_that_do_not_read_keep_the_server_from_nothing(own: Client) -> None:
    task_id = await own.submit(LOUD, session_id="loud")
    with stalled_readers(own.server, f"/api/v1/tasks/{task_id}/events", count=READERS):
        await _parked(own, READERS)
        own.server.signal(signal.SIGTERM)
        code = await anyio.to_thread.run_sync(lambda: own.server.exit_code(within_s=10))
    own.server.start()

    assert code == 0
    assert (await own.finished(task_id))["reason"] == "shutdown"


@contextmanager
def stalled_readers(server: RunningServer, path: str, *, count: int) -> Iterator[None]:
    where = urlsplit(server.base_url)
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.connect((where.hostname, where.port))
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        yield
    finally:
        for one in sockets:
            one.close()


async def _parked(own: Client, count: int) -> None:
    with anyio.fail_after(PATIENCE_S):
        while (await own.get("/api/v1/sse/stats"))["parked"] != count:
            await anyio.lowlevel.checkpoint()
