"""A client whose connection stays with asyncio, but left the HTTP server's protocol."""

import asyncio
from collections.abc import Callable

from adapters.http.streaming.client import OnLeft, StreamClient
from adapters.http.streaming.slow_clients import LET_GO_AFTER_S
from application.watching.open_stream import OpenStream

_HIGH_WATER_BYTES = 64 * 1024


class TransportClient(asyncio.Protocol):
    """For TLS, and where there is no epoll. What the transport holds is one flush at most."""

    __slots__ = ("_is_paused", "_on_gone", "_on_room", "_transport", "on_left", "stream")

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        stream: OpenStream,
        on_left: OnLeft | None,
        on_room: Callable[[StreamClient], None],
        on_gone: Callable[[StreamClient], None],
    ) -> None:
        self.stream = stream
        self.on_left = on_left
        self._transport = transport
        self._on_room = on_room
        self._on_gone = on_gone
        self._is_paused = False
        transport.set_write_buffer_limits(high=_HIGH_WATER_BYTES)
        transport.set_protocol(self)
        transport.resume_reading()

    def write(self, data: bytes) -> bool:
        self._transport.write(data)
        return not self._is_paused

    @property
    def backlog(self) -> int:
        return self._transport.get_write_buffer_size()

    def let_go(self) -> None:
        """The transport holds whole frames, which it gives out before it closes."""
        self._transport.close()
        asyncio.get_running_loop().call_later(LET_GO_AFTER_S, self._transport.abort)

    def close(self) -> None:
        self._transport.close()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._on_room(self)

    def data_received(self, data: bytes) -> None:
        """A client of a stream has nothing more to say."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_gone(self)
