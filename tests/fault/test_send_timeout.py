"""A client that takes nothing is let go after a while, and costs a server no stream any more."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from application.watching.stream_request import Replay, StreamRequest
from domain.ids import SessionId
from tests.contract.store_harness import TALK, StoreHarness
from tests.property.store import MemoryStore, Program
from tests.property.writers import StreamServer, Writer

pytestmark = pytest.mark.load

SMALL = 4096
LINE = "x" * 10_000
LINES = 2_000  # more than loopback's buffers hold


@pytest.mark.parametrize("writer", ["uvicorn", "no_epoll", "reactor"])
async def test_a_client_that_takes_nothing_is_let_go_at_the_end_of_a_frame(
    tmp_path: Path, writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    program = Program(await MemoryStore().new(), tmp_path, writer=None)
    await program.start()
    watches = program.container.streams.watches()
    await _long_log(program)
    server = StreamServer(watches, writer=writer, ping_s=0.2, send_timeout_s=0.5)

    async with server.opened(), _stalled(server) as connection:
        with anyio.fail_after(10):
            while watches.counts().watchers == 0:
                await checkpoint()
            while watches.counts().watchers == 1:
                await checkpoint()
            taken = await _all_of(connection)

    last = taken.rpartition(b"\n\n")[2]
    assert last.strip() == b"", f"{len(last)} bytes of half a frame"
    assert 0 < taken.count(b"\nevent: log\n") < LINES
    assert program.container.meter().total("watchers_let_go") == 1
    [logged] = [one.getMessage() for one in caplog.records if "let go" in one.getMessage()]
    written = "reactor" if writer == "reactor" else "portable"
    assert (
        logged
        == f"let go of a client that took nothing for 0.5 s: stream 1, written {written}, of talk"
    )
    await program.stop()


async def _all_of(connection: socket.socket) -> bytes:
    """All that is still on its way, once it reads again, up to the server's end of it."""
    taken = b""
    while data := await asyncio.get_running_loop().sock_recv(connection, 65_536):
        taken += data
    return taken


async def _long_log(program: Program) -> None:
    container = program.container
    harness = StoreHarness.of(container)
    claim = await harness.start()
    await harness.log.append(harness.lines(claim, *[LINE] * LINES))


@asynccontextmanager
async def _stalled(server: StreamServer) -> AsyncIterator[socket.socket]:
    asked = StreamRequest(session_ids=(SessionId(TALK),), start=Replay(None))
    request = f"GET {server.path_of(asked)} HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", server.port))
        await loop.sock_sendall(connection, request.encode())
        yield connection
