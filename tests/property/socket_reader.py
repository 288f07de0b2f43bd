"""A client on a socket that reads only when asked to."""

import asyncio
import socket
from collections.abc import AsyncIterator

import anyio
from anyio.lowlevel import checkpoint

from application.watching.stream_request import Start, StreamRequest
from domain.ids import SessionId
from tests.property.frame import Frame
from tests.property.frame_parser import FrameParser
from tests.property.writers import StreamServer

_BUFFER = 2048  # so small that a client that does not read is soon full
_READ = 512
_SOONER_THAN_A_PING_S = 10  # which would hide that nobody was woken
_TURNS = 8  # of the loop, for what is under way to arrive


class SocketReader:
    def __init__(self, server: StreamServer) -> None:
        self._server = server
        self._socket: socket.socket | None = None
        self._bytes = FrameParser()
        self._waiting: list[Frame] = []

    async def open(self, session: str, start: Start) -> None:
        asked = StreamRequest(session_ids=(SessionId(session),), start=start)
        request = f"GET {self._server.path_of(asked)} HTTP/1.1\r\nhost: localhost\r\n\r\n"
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        loop = asyncio.get_running_loop()
        with anyio.fail_after(_SOONER_THAN_A_PING_S):
            await loop.sock_connect(self._socket, ("127.0.0.1", self._server.port))
            await loop.sock_sendall(self._socket, request.encode())
            while not self._bytes.is_connected:
                self._take(await loop.sock_recv(self._socket, _READ))

    async def frames(self) -> AsyncIterator[Frame]:
        """What is here or on its way now."""
        turns = 0
        while turns < _TURNS:
            if self._waiting:
                yield self._waiting.pop(0)
            elif self._receive():
                turns = 0
            else:
                turns += 1
                await checkpoint()

    async def next(self) -> Frame:
        with anyio.fail_after(_SOONER_THAN_A_PING_S):
            while not self._waiting:
                assert self._socket is not None, "the stream is over, and owes more"
                self._take(await asyncio.get_running_loop().sock_recv(self._socket, _READ))
        return self._waiting.pop(0)

    async def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            await checkpoint()

    def _receive(self) -> bool:
        if self._socket is None:
            return False
        try:
            self._take(self._socket.recv(_READ))
        except BlockingIOError:
            return False
        return True

    def _take(self, data: bytes) -> None:
        if data:
            self._waiting += self._bytes.feed(data)
            return
        assert self._bytes.is_whole, "the connection was cut"
        assert self._socket is not None
        self._socket.close()
        self._socket = None
