"""The one way out to a client: whoever holds the turn writes, the others wait for it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from starlette.websockets import WebSocket


class WsOutlet:
    """A client that does not read holds up its own connection only: nothing is put by for it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator["WsOutlet"]:
        """Take what is to be written inside, so that only one batch of it is in memory."""
        async with self._turn:
            yield self

    async def write(self, texts: Iterable[str]) -> None:
        """Only in one's turn. Raises WebSocketDisconnect when the client has gone."""
        for text in texts:
            await self._socket.send_text(text)

    async def say(self, text: str) -> None:
        async with self._turn:
            await self._socket.send_text(text)
