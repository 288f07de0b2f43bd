"""The WebSockets that are open, to be ended together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.http.websocket.connection import WsConnection


class WebSockets:
    def __init__(self) -> None:
        self._open: set[WsConnection] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._is_draining = False

    @contextmanager
    def holding(self, connection: WsConnection) -> Iterator[None]:
        self._open.add(connection)
        self._is_empty.clear()
        if self._is_draining:
            connection.drain()
        try:
            yield
        finally:
            self._open.discard(connection)
            if not self._open:
                self._is_empty.set()

    async def drain(self, *, timeout_s: float) -> None:
        """Close each when its watches have ended; returns when all are closed, or the time is over."""
        self._is_draining = True
        for connection in self._open:
            connection.drain()
        try:
            async with asyncio.timeout(timeout_s):
                await self._is_empty.wait()
        except TimeoutError:
            return  # clients that do not read are left to the server, which cuts them off
