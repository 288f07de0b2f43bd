"""Streams on a loopback port, written by each of the ways in which a server may write them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import anyio
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.http.protocol.cast_protocol import CastProtocol
from adapters.http.protocol.listening_socket import bound_socket
from adapters.http.protocol.request_deadlines import CastServerState
from adapters.http.streaming.channel import OnLeft, StreamClient
from adapters.http.streaming.flush import StreamFlush
from adapters.http.streaming.reactor import Reactor
from adapters.http.streaming.response import StreamResponse
from adapters.http.streaming.takeover import StreamTakeover
from application.watching.stream_request import StreamRequest
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.principal import LOCAL
from tests.patience import PATIENCE_S

Writer = Literal["uvicorn", "no_epoll", "reactor"]
"""By the protocol of uvicorn, by ours where there is no epoll, and on sockets taken over from it."""


class CountedTakeover(StreamTakeover):
    taken = 0

    def take(self, connection: CastProtocol, watch: Watch, *, on_left: OnLeft | None) -> bool:
        is_taken = super().take(connection, watch, on_left=on_left)
        self.taken += is_taken
        return is_taken


class ClosedReactor(Reactor):
    """Takes no clients, as where there is no epoll."""

    @asynccontextmanager
    async def opened(
        self,
        *,
        on_room: Callable[[StreamClient], None],
        on_gone: Callable[[StreamClient], None],
    ) -> AsyncIterator[None]:
        yield


class StreamServer:
    """The path of a request is the number of what it asks for."""

    def __init__(
        self,
        watches: Watches,
        *,
        writer: Writer,
        ping_s: float = 15.0,
        send_timeout_s: float = 20.0,
    ) -> None:
        self.watches = watches
        self.port = 0
        self._writer = writer
        self._ping_s = ping_s
        self._send_timeout_s = send_timeout_s
        self._asked: list[StreamRequest] = []
        self._were_taken: list[bool] = []
        self._takeover = CountedTakeover(
            flush=StreamFlush(watches=watches, ping_s=ping_s, send_timeout_s=send_timeout_s),
            reactor=Reactor() if writer == "reactor" else ClosedReactor(),
        )

    def path_of(self, asked: StreamRequest) -> str:
        self._asked.append(asked)
        return f"/{len(self._asked) - 1}"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["StreamServer"]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._takeover.opened())
            await stack.enter_async_context(self._listening())
            yield self
        # Not while it answers: the HTTP server would only log it.
        assert set(self._were_taken) <= {self._writer == "reactor"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._asked[int(scope["path"].removeprefix("/"))]
        watch = await self.watches.open(LOCAL, asked)
        assert watch is not None
        response = StreamResponse(
            watch,
            watches=self.watches,
            takeover=self._takeover,
            ping_s=self._ping_s,
            send_timeout_s=self._send_timeout_s,
        )
        taken = self._takeover.taken
        await response(scope, receive, send)
        self._were_taken.append(self._takeover.taken > taken)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        config, state = Config(self, lifespan="off", log_config=None), CastServerState()
        config.load()
        protocol = HttpToolsProtocol if self._writer == "uvicorn" else CastProtocol
        with bound_socket(host="127.0.0.1", port=0) as listener:
            self.port = listener.getsockname()[1]
            server = await asyncio.get_running_loop().create_server(
                lambda: protocol(config, state, {}), sock=listener
            )
            try:
                yield
            finally:
                server.close()
                for connection in tuple(state.connections):
                    connection.transport.abort()
                with anyio.fail_after(PATIENCE_S):
                    await asyncio.gather(*state.tasks)
                    while state.connections:
                        await anyio.lowlevel.checkpoint()
