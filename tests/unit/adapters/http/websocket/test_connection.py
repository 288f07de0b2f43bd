"""What a connection does when its client has gone."""

import json
import logging
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint
from starlette.types import Message
from starlette.websockets import WebSocket

from adapters.http.websocket.commands import WsCommands
from adapters.http.websocket.connection import WsConnection
from domain.principal import LOCAL
from tests.patience import PATIENCE_S
from tests.property.store import MemoryStore, Program

SCOPE = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}


class Client:
    """Watches some sessions, and may go without a word: sending to it fails then."""

    def __init__(self, *session_ids: str) -> None:
        self._messages = [
            json.dumps({"type": "watch", "id": one, "session_id": one}) for one in session_ids
        ]
        self.is_accepted = False
        self.is_gone = False
        self.received = 0

    async def receive(self) -> Message:
        if not self.is_accepted:
            return {"type": "websocket.connect"}
        if not self._messages:
            await anyio.sleep_forever()
        return {"type": "websocket.receive", "text": self._messages.pop(0)}

    async def send(self, message: Message) -> None:
        if self.is_gone:
            raise OSError("the client has gone")
        self.is_accepted = True
        self.received += message["type"] == "websocket.send"


async def test_all_watches_of_a_client_that_has_gone_end_quietly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program, client = Program(await MemoryStore().new(), tmp_path, writer=None), Client("a", "b")
    watches, server = program.container.streams.watches(), program.container.server
    socket = WebSocket(SCOPE, client.receive, client.send)
    commands = WsCommands(
        coordinator=server.coordinator(),
        approvals=server.approvals(),
        terminals=server.task_terminals(),
        pausing=server.pausing(),
    )
    connection = WsConnection(socket, principal=LOCAL, watches=watches, commands=commands)
    await program.start()
    await socket.accept()

    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as group:
            group.start_soon(connection.serve)
            while client.received < 2:
                await checkpoint()
            client.is_gone = True
            watches.end_all("server_draining")  # both have something to send at once

    assert watches.counts().watchers == 0
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
    await program.stop()
