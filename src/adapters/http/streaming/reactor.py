"""Thousands of clients' sockets behind one epoll, which the event loop polls as one descriptor."""

import asyncio
import os
import select
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from adapters.http.streaming.channel import OnLeft, StreamClient
from adapters.http.streaming.frames import FRAME_END
from adapters.http.streaming.slow_clients import LET_GO_AFTER_S
from application.watching.open_stream import OpenStream

_LISTEN = select.EPOLLIN | select.EPOLLRDHUP if hasattr(select, "EPOLLIN") else 0
_IGNORED_BYTES = 4096
_EVENTS_AT_ONCE = 256


class Reactor:
    """Reports clients that have left, and sockets that have room again."""

    def __init__(self) -> None:
        self._epoll: select.epoll | None = None
        self._clients: dict[int, SocketClient] = {}

    @property
    def is_open(self) -> bool:
        return self._epoll is not None

    @asynccontextmanager
    async def opened(
        self,
        *,
        on_room: Callable[[StreamClient], None],
        on_gone: Callable[[StreamClient], None],
    ) -> AsyncIterator[None]:
        """Takes no clients where the loop is not asyncio's own on Linux."""
        loop = asyncio.get_running_loop()
        if not hasattr(select, "epoll") or not isinstance(loop, asyncio.SelectorEventLoop):
            yield
            return
        with select.epoll() as epoll:
            self._epoll = epoll
            loop.add_reader(epoll.fileno(), self._poll, epoll, on_room, on_gone)
            try:
                yield
            finally:
                loop.remove_reader(epoll.fileno())
                for client in tuple(self._clients.values()):
                    client.close()
                self._epoll = None

    def take(
        self, descriptor: int, *, stream: OpenStream, on_left: OnLeft | None
    ) -> "SocketClient | None":
        """A client on a duplicate of this descriptor; None where that cannot be had."""
        if self._epoll is None:
            return None
        try:
            fd = os.dup(descriptor)
        except OSError:
            return None
        client = SocketClient(fd, reactor=self, stream=stream, on_left=on_left)
        self._clients[fd] = client
        self._epoll.register(fd, _LISTEN)
        return client

    def want_room(self, fd: int, *, is_wanted: bool) -> None:
        if self._epoll is not None and fd in self._clients:
            self._epoll.modify(fd, _LISTEN | select.EPOLLOUT if is_wanted else _LISTEN)

    def forget(self, fd: int) -> None:
        if self._clients.pop(fd, None) and self._epoll is not None:
            self._epoll.unregister(fd)

    def _poll(
        self,
        epoll: select.epoll,
        on_room: Callable[[StreamClient], None],
        on_gone: Callable[[StreamClient], None],
    ) -> None:
        for fd, events in epoll.poll(0, _EVENTS_AT_ONCE):
            if (client := self._clients.get(fd)) is None:
                continue
            if events & ~(select.EPOLLIN | select.EPOLLOUT) or (
                events & select.EPOLLIN and _is_at_end(fd)
            ):
                client.close() if client.is_let_go else on_gone(client)
            elif events & select.EPOLLOUT and client.write_rest():
                client.close() if client.is_let_go else on_room(client)


class SocketClient:
    """A client's socket, which asyncio no longer holds, and what it has yet to take."""

    __slots__ = ("_data", "_fd", "_last_chance", "_reactor", "_written", "on_left", "stream")

    def __init__(
        self, fd: int, *, reactor: Reactor, stream: OpenStream, on_left: OnLeft | None
    ) -> None:
        self.stream = stream
        self.on_left = on_left
        self._fd = fd
        self._reactor = reactor
        self._data = b""
        self._written = 0
        self._last_chance: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> bool:
        try:
            written = os.write(self._fd, data)
        except BlockingIOError:
            written = 0
        except OSError:
            return True  # the client has left, and the reactor is about to report it
        if written == len(data):
            return True
        self._data, self._written = data, written
        self._reactor.want_room(self._fd, is_wanted=True)
        return False

    def write_rest(self) -> bool:
        """Write what is kept; whether all of it is written."""
        try:
            self._written += os.write(self._fd, memoryview(self._data)[self._written :])
        except OSError:
            return False
        if self.backlog:
            return False
        self._data, self._written = b"", 0
        self._reactor.want_room(self._fd, is_wanted=False)
        return True

    @property
    def backlog(self) -> int:
        return len(self._data) - self._written

    @property
    def is_let_go(self) -> bool:
        return self._last_chance is not None

    def let_go(self) -> None:
        self._data = self._data[: _end_of_frame(self._data, self._written)]
        if not self.backlog:
            self.close()
            return
        loop = asyncio.get_running_loop()
        self._last_chance = loop.call_later(LET_GO_AFTER_S, self.close)

    def close(self) -> None:
        if self._last_chance:
            self._last_chance.cancel()
        if self._fd >= 0:
            self._reactor.forget(self._fd)
            os.close(self._fd)
            self._fd = -1


def _end_of_frame(chunk: bytes, written: int) -> int:
    """Up to where to write: the end of the frame that is written in part, or what is written."""
    is_between = b"\n" not in chunk[:written] or chunk[:written].endswith((b"\r\n", FRAME_END))
    end = written if is_between else chunk.find(FRAME_END, written - 1) + len(FRAME_END)
    return end if end >= written else len(chunk)


def _is_at_end(fd: int) -> bool:
    """Whether the client has closed; what it sent after its request is dropped."""
    try:
        return os.read(fd, _IGNORED_BYTES) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
