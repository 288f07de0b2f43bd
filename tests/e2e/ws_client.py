"""A WebSocket client of a real server that reads strictly."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.e2e.running_server import RunningServer
from tests.e2e.sse_reader import WAIT_S, Json

Test = Callable[[Json], bool]


class WsClient:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Json] = []

    async def send(self, **message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def next(self) -> Json:
        with anyio.fail_after(WAIT_S):
            message: Json = json.loads(await self.socket.recv())
        self.seen.append(message)
        return message

    async def asked(self, **message: object) -> Json:
        """The answer to a command, whatever else comes before it."""
        await self.send(**message)
        return (await self.until(lambda received: received["type"] in ("result", "error")))[-1]

    async def to_end(self, watch: str = "watch") -> list[Json]:
        """What is received of one watch, up to its end."""
        await self.until(lambda received: received["type"] == "end" and received["watch"] == watch)
        return [received for received in self.seen if received.get("watch") == watch]

    async def until(self, is_last: Test) -> list[Json]:
        received = [await self.next()]
        while not is_last(received[-1]):
            received.append(await self.next())
        return received

    def send_raw_text(self, data: bytes) -> None:
        """As a text message, whether it is text or not."""
        whole = Frame(Opcode.TEXT, data).serialize(mask=True)
        self.socket.transport.write(whole)

    def cut(self) -> None:
        """Leave as if the machine was gone."""
        self.socket.transport.abort()

    async def close_code(self) -> int | None:
        """The server's close code; messages before it are added to those seen."""
        with anyio.fail_after(WAIT_S):
            try:
                while True:
                    self.seen.append(json.loads(await self.socket.recv()))
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None


@asynccontextmanager
async def ws_client(
    server: RunningServer, *, path: str = "/api/v1/ws", **headers: str
) -> AsyncIterator[WsClient]:
    url = server.base_url.replace("http://", "ws://") + path
    async with connect(url, additional_headers=headers, proxy=None, compression=None) as socket:
        yield WsClient(socket)


def events_in(received: list[Json]) -> list[object]:
    return [message["event"] for message in received if message["type"] == "event"]


def last_cursor(received: list[Json]) -> str:
    """What a client would go on from."""
    return next(str(message["cursor"]) for message in reversed(received) if "cursor" in message)
