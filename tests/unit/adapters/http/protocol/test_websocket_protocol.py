"""Sending to a WebSocket whose connection is about to end."""

import asyncio
from collections.abc import Callable

import anyio
import uvicorn
from anyio.lowlevel import checkpoint
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from adapters.http.protocol.websocket_protocol import CastWebSocketProtocol
from tests.patience import PATIENCE_S

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Transport(asyncio.Transport):
    """Of a connection that can break: what is written then goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes += 1

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True


class Sender:
    """An application that accepts, and then sends three messages when it may go on."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.is_accepted = False
        self.outcome: list[type[BaseException] | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.is_accepted = True
        await self.may_go_on.wait()
        for _ in range(3):
            try:
                await send({"type": "websocket.send", "text": "hello"})
                self.outcome.append(None)
            except OSError:
                self.outcome.append(OSError)
            except RuntimeError:
                self.outcome.append(RuntimeError)


async def test_a_message_behind_the_close_frame_finds_the_client_gone() -> None:
    invalid = Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True)

    sender, _ = await sent_after(lambda protocol, _: protocol.data_received(invalid))

    assert sender.outcome == [OSError] * 3


async def test_nothing_is_written_to_a_broken_connection() -> None:
    sender, writes = await sent_after(lambda _, transport: transport.close())

    assert (sender.outcome, writes) == ([OSError] * 3, 0)


async def test_messages_are_written_while_the_client_is_there() -> None:
    sender, writes = await sent_after(lambda _, __: None)

    assert (sender.outcome, writes) == ([None] * 3, 3)


async def sent_after(
    ending: Callable[[CastWebSocketProtocol, Transport], None],
) -> tuple[Sender, int]:
    """The sender, and how often it wrote after the ending."""
    sender, transport = Sender(), Transport()
    config = uvicorn.Config(sender, interface="asgi3", log_config=None)
    config.load()
    protocol = CastWebSocketProtocol(config, ServerState(), {})
    protocol.connection_made(transport)
    protocol.data_received(HANDSHAKE)
    with anyio.fail_after(PATIENCE_S):
        while not sender.is_accepted:
            await checkpoint()
        ending(protocol, transport)
        before = transport.writes
        sender.may_go_on.set()
        while len(sender.outcome) < 3:
            await checkpoint()
    after = transport.writes
    protocol.connection_lost(None)
    return sender, after - before
