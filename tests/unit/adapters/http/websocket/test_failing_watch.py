"""What a watch raises ends that watch only; the others of its connection go on."""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint
from starlette.types import Message
from starlette.websockets import WebSocket

from adapters.http.websocket.messages import WatchMessage
from adapters.http.websocket.watches import WsOutlet, WsWatches
from application.watching.stream_request import StreamRequest
from application.watching.watch import Watch
from application.watching.watches import Watches
from domain.principal import LOCAL, Principal
from tests.patience import PATIENCE_S
from tests.property.store import MemoryStore, Program
from tests.unit.adapters.http.streaming.test_flush_failures import FailingWatch

SCOPE = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}


class OneBroken(Watches):
    """The watch of the session `broken` raises in every step."""

    def __init__(self, of: Watches) -> None:
        self.__dict__.update(vars(of))

    async def open(self, principal: Principal, request: StreamRequest) -> Watch | None:
        watch = await super().open(principal, request)
        assert watch is not None
        if request.session_ids == ("broken",):
            return FailingWatch(watch, "step", RuntimeError("broken"))
        return watch


class Client:
    def __init__(self) -> None:
        self.got: list[Mapping[str, object]] = []

    async def receive(self) -> Message:
        return {"type": "websocket.connect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self.got.append(json.loads(message["text"]))

    async def until(self, **fields: object) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not any(fields.items() <= one.items() for one in self.got):
                await checkpoint()


async def test_a_watch_that_fails_is_reported_and_ends_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program, client = Program(await MemoryStore().new(), tmp_path, writer=None), Client()
    socket = WebSocket(SCOPE, client.receive, client.send)
    await program.start()
    await socket.accept()
    async with asyncio.TaskGroup() as group:
        watches = WsWatches(
            WsOutlet(socket),
            scope=SCOPE,
            principal=LOCAL,
            watches=OneBroken(program.container.streams.watches()),
            group=group,
        )
        await watches.start(WatchMessage(watch_id="bad", fields={"session_id": "broken"}))
        await client.until(type="error", watch="bad", status=500)
        await watches.start(WatchMessage(watch_id="good", fields={"session_id": "s"}))
        await client.until(type="connected", watch="good")

        assert len(watches.tasks()) == 1
        await watches.stop("good")
    await program.stop()
    assert len([one for one in caplog.records if one.levelno >= logging.ERROR]) == 1
