"""A small application behind CastProtocol on a loopback port, and raw clients of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config

from adapters.http.protocol.cast_protocol import CastProtocol
from adapters.http.protocol.request_deadlines import CastServerState
from tests.patience import PATIENCE_S


@dataclass
class Echo:
    """Answers with path and size of the body; `/stream` streams until it is let go."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[str] = field(default_factory=list)
    headers: list[bytes] = field(default_factory=list)
    """Names of those of the last request, once its body was read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})
            return
        self.seen.append(scope["path"])
        if scope["path"] == "/stream":
            await self._stream(send)
            return
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.seen.append("disconnect")
                return
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        self.headers = [name for name, _ in scope["headers"]]
        body = f"{scope['path']} {size}".encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await self.let_go.wait()
        await send({"type": "http.response.body", "body": b"ended"})


@dataclass
class RawClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def until(self, end: bytes) -> bytes:
        with anyio.fail_after(PATIENCE_S):
            return await self.reader.readuntil(end)

    async def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        with anyio.fail_after(PATIENCE_S):
            return await self.reader.read()


@dataclass
class CastProtocolServer:
    app: Echo
    state: CastServerState
    port: int

    @asynccontextmanager
    async def client(self) -> AsyncIterator[RawClient]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield RawClient(reader, writer)
        finally:
            writer.close()

    async def answer_to(self, data: bytes) -> bytes:
        async with self.client() as client:
            client.send(data)
            return await client.rest()


@asynccontextmanager
async def cast_protocol_server(*, request_s: float = 60) -> AsyncIterator[CastProtocolServer]:
    app, state = Echo(), CastServerState(request_s=request_s)
    config = Config(
        app, http=CastProtocol, ws="websockets-sansio", lifespan="off", log_config=None
    )
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: CastProtocol(config, state, {}), "127.0.0.1", 0)
    try:
        yield CastProtocolServer(app, state, server.sockets[0].getsockname()[1])
    finally:
        app.let_go.set()
        server.close()
        for connection in tuple(state.connections):
            connection.transport.abort()
        with anyio.fail_after(PATIENCE_S):
            await asyncio.gather(*state.tasks)


def problem_in(response: bytes) -> tuple[int, str]:
    """Status and code, when it is a problem and the last thing on its connection."""
    head, _, body = response.partition(b"\r\n\r\n")
    headers = {line.partition(b":")[0].lower(): line for line in head.split(b"\r\n")[1:]}
    assert headers[b"content-type"].endswith(b"application/problem+json")
    assert headers[b"connection"].endswith(b"close")
    assert headers[b"content-length"].endswith(str(len(body)).encode())
    problem = json.loads(body)
    assert problem["request_id"].encode() in headers[b"x-request-id"]
    status = int(head.split()[1])
    assert problem["status"] == status
    return status, problem["code"]
