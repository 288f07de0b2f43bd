"""A WebSocket client of a real server that reads what it is told strictly."""

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

    async def say(self, **message: object) -> None:
        await self.socket.send(json.dumps(message))

    async def next(self) -> Json:
        with anyio.fail_after(WAIT_S):
            message: Json = json.loads(await self.socket.recv())
        self.seen.append(message)
        return message

    async def asked(self, **message: object) -> Json:
        """The answer to a command, whatever else comes before it."""
        await self.say(**message)
        return (await self.until(lambda told: told["type"] in ("result", "error")))[-1]

    async def to_end(self, watch: str = "watch") -> list[Json]:
        """What is told of one watch, up to its end."""
        await self.until(lambda told: told["type"] == "end" and told["watch"] == watch)
        return [told for told in self.seen if told.get("watch") == watch]

    async def until(self, is_last: Test) -> list[Json]:
        told = [await self.next()]
        while not is_last(told[-1]):
            told.append(await self.next())
        return told

    def send_raw_text(self, data: bytes) -> None:
        """As a text message, whether it is text or not."""
        whole = Frame(Opcode.TEXT, data).serialize(mask=True)
        self.socket.transport.write(whole)

    def cut(self) -> None:
        """Leave as if the machine was gone."""
        self.socket.transport.abort()

    async def close_code(self) -> int | None:
        """The server's, once it has closed; what comes before it is put to what was seen."""
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


def events_in(told: list[Json]) -> list[object]:
    return [message["event"] for message in told if message["type"] == "event"]


def last_cursor(told: list[Json]) -> str:
    """What a client would go on from."""
    return next(str(message["cursor"]) for message in reversed(told) if "cursor" in message)
