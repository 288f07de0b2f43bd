"""A client behind the reactor that takes nothing is left at the end of a frame."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import anyio
import pytest
from anyio.lowlevel import checkpoint

from adapters.http.streaming.frames import chunk
from adapters.http.streaming.reactor import Reactor, SocketClient
from application.watching.open_stream import OpenStream
from application.watching.stream_cap import StreamCap
from application.watching.stream_request import StreamRequest
from domain.ids import SessionId
from domain.principal import LOCAL
from tests.patience import PATIENCE_S

FRAME = b'id: 1-0a\nevent: log\ndata: {"line":"%b"}\n\n' % (b"x" * 5_000)
FRAMES = FRAME * 400  # more than a socket takes at once


class Sockets:
    def __init__(self, client: SocketClient, peer: socket.socket) -> None:
        self.client = client
        self.peer = peer

    async def read_to_end(self) -> bytes:
        taken = b""
        with anyio.fail_after(PATIENCE_S):
            while data := await asyncio.get_running_loop().sock_recv(self.peer, 65_536):
                taken += data
        return taken


@pytest.fixture
async def sockets() -> AsyncIterator[Sockets]:
    gone: list[object] = []
    reactor = Reactor()
    async with reactor.opened(on_room=gone.append, on_gone=gone.append):
        ours, peer = socket.socketpair()
        with ours, peer:
            ours.setblocking(False)
            peer.setblocking(False)
            client = reactor.take(ours.fileno(), stream=_stream(), on_left=None)
            assert client is not None
            ours.close()
            yield Sockets(client, peer)
        assert gone == [], "the flush knows it no more"


async def test_what_it_took_of_a_frame_is_made_whole_when_it_reads_again(sockets: Sockets) -> None:
    assert not sockets.client.write(chunk(FRAMES))

    sockets.client.let_go()
    taken = await sockets.read_to_end()

    head, _, frames = taken.partition(b"\r\n")
    assert int(head, 16) == len(FRAMES)
    assert frames == FRAME * frames.count(b"id: ")
    assert 0 < len(frames) < len(FRAMES)


async def test_between_two_frames_it_is_closed_at_once(sockets: Sockets) -> None:
    assert sockets.client.write(chunk(FRAME))

    sockets.client.let_go()

    assert await sockets.read_to_end() == chunk(FRAME)


async def test_one_that_leaves_in_its_last_time_leaves_no_descriptor(sockets: Sockets) -> None:
    before = len(os.listdir("/proc/self/fd"))
    assert not sockets.client.write(chunk(FRAMES))
    sockets.client.let_go()

    sockets.peer.close()

    with anyio.fail_after(PATIENCE_S):
        while len(os.listdir("/proc/self/fd")) > before - 2:
            await checkpoint()


def _stream() -> OpenStream:
    return OpenStream(
        number=1,
        principal=LOCAL,
        request=StreamRequest(session_ids=(SessionId("s"),)),
        since=datetime(2026, 11, 21, tzinfo=UTC),
        admission=StreamCap(most=1).admit(LOCAL),
    )
