"""Thousands of sockets behind one epoll, which itself is one descriptor of the event loop."""

import asyncio
import os
import select
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from adapters.http.stream_client import OnLeft, StreamClient
from application.open_stream import OpenStream

_LISTEN = select.EPOLLIN | select.EPOLLRDHUP if hasattr(select, "EPOLLIN") else 0
_IGNORED_BYTES = 4096
_EVENTS_AT_ONCE = 256


class Reactor:
    """Tells of clients that left, and of sockets that have room again."""

    def __init__(self) -> None:
        self._epoll: select.epoll | None = None
        self._clients: dict[int, SocketClient] = {}

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
                on_gone(client)
            elif events & select.EPOLLOUT and client.write_rest():
                on_room(client)


class SocketClient:
    """A descriptor that has left asyncio, and what it has yet to take."""

    __slots__ = ("_fd", "_reactor", "_rest", "on_left", "stream")

    def __init__(
        self, fd: int, *, reactor: Reactor, stream: OpenStream, on_left: OnLeft | None
    ) -> None:
        self.stream = stream
        self.on_left = on_left
        self._fd = fd
        self._reactor = reactor
        self._rest: memoryview | None = None

    def write(self, data: bytes) -> bool:
        try:
            written = os.write(self._fd, data)
        except BlockingIOError:
            written = 0
        except OSError:
            return True  # it has gone, and the reactor is about to find out
        if written == len(data):
            return True
        self._rest = memoryview(data)[written:]
        self._reactor.want_room(self._fd, is_wanted=True)
        return False

    def write_rest(self) -> bool:
        """Whether all that was held back is written."""
        if self._rest is not None:
            try:
                self._rest = self._rest[os.write(self._fd, self._rest) :]
            except OSError:
                return False
            if self._rest:
                return False
        self._rest = None
        self._reactor.want_room(self._fd, is_wanted=False)
        return True

    def close(self) -> None:
        if self._fd >= 0:
            self._reactor.forget(self._fd)
            os.close(self._fd)
            self._fd = -1


def _is_at_end(fd: int) -> bool:
    """Reads past what a client sends after its request."""
    try:
        return os.read(fd, _IGNORED_BYTES) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
