"""Takes a stream's connection over from the HTTP server, once its head is written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Scope

from adapters.http.protocol.cast_protocol import CastProtocol, connection_of
from adapters.http.streaming.channel import OnLeft
from adapters.http.streaming.flush import StreamFlush
from adapters.http.streaming.reactor import Reactor
from application.watching.watch import Watch


class StreamTakeover:
    """What it cannot take stays with the server, and is written there over plain ASGI: TLS, where
    there is no epoll, and other servers."""

    def __init__(self, *, flush: StreamFlush, reactor: Reactor) -> None:
        self._flush = flush
        self._reactor = reactor

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        flush = self._flush
        async with (
            self._reactor.opened(on_room=flush.on_room, on_gone=flush.on_gone),
            flush.opened(),
        ):
            yield

    def candidate(self, scope: Scope) -> CastProtocol | None:
        """The connection that may be taken; its head must announce that it closes at the end."""
        if scope["http_version"] != "1.1" or not (self._reactor.is_open and self._flush.is_open):
            return None
        connection = connection_of(scope)
        if connection is None or connection.transport.get_extra_info("sslcontext"):
            return None
        return connection

    def take(self, connection: CastProtocol, watch: Watch, *, on_left: OnLeft | None) -> bool:
        """Whether the watch is written, and closed, by the flush from now on.

        The request then ends for the server as if its client had left.
        """
        transport = connection.transport
        if transport.is_closing() or transport.get_write_buffer_size():
            return False
        descriptor = transport.get_extra_info("socket").fileno()
        client = self._reactor.take(descriptor, stream=watch.stream, on_left=on_left)
        if client is None:
            return False
        transport.abort()  # closes the server's descriptor; the duplicate stays connected
        self._flush.add(watch, client)
        return True

    async def all_ended(self, *, timeout_s: float) -> None:
        """Until every stream that was taken over has been written to its end."""
        await self._flush.all_ended(timeout_s=timeout_s)
