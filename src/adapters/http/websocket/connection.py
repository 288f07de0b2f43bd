"""WebSockets from their acceptance to their end: each reads what its client sends, and answers."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.websockets import WebSocket, WebSocketDisconnect

from adapters.http.middleware.error_boundary import unexpected
from adapters.http.problems.error_table import problem_of
from adapters.http.problems.problem import Problem
from adapters.http.problems.request_scope import request_id
from adapters.http.websocket.commands import WsCommands
from adapters.http.websocket.messages import (
    CommandMessage,
    UnwatchMessage,
    WatchMessage,
    client_message,
    id_of,
    parse_message,
    refusal,
    result,
    unwatched,
)
from adapters.http.websocket.watches import WsOutlet, WsWatches
from application.watching.watches import Watches
from domain.errors import AgentcastError
from domain.ids import TaskId
from domain.principal import Principal

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 1024 * 1024
GOING_AWAY, UNSUPPORTED, TOO_BIG = 1001, 1003, 1009


class WsConnection:
    def __init__(
        self, socket: WebSocket, *, principal: Principal, watches: Watches, commands: WsCommands
    ) -> None:
        self._socket = socket
        self._outlet = WsOutlet(socket)
        self._principal = principal
        self._watches = watches
        self._commands = commands
        self._drained = asyncio.Event()
        self.to_cancel: dict[TaskId, None] = {}
        """Tasks to cancel when the client leaves, unless the server ends first."""

    def drain(self) -> None:
        """Close when every watch has come to its end."""
        self._drained.set()

    async def serve(self) -> None:
        """Returns when either side has closed."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._serve(group)
        except* WebSocketDisconnect:
            log.debug("a client left in the middle of a message")

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        watches = WsWatches(
            self._outlet,
            scope=self._socket.scope,
            principal=self._principal,
            watches=self._watches,
            group=group,
        )
        reading = group.create_task(self._read(watches))
        draining = group.create_task(self._drained.wait())
        await asyncio.wait({reading, draining}, return_when=asyncio.FIRST_COMPLETED)
        code = reading.result() if reading.done() else GOING_AWAY
        if code == GOING_AWAY:
            self.to_cancel.clear()
            await watches.all_ended()
        await _cancelled({reading, draining, *watches.tasks()})
        if code is not None:
            await self._socket.close(code)

    async def _read(self, watches: WsWatches) -> int | None:
        """Until the client leaves, or must go: with what code."""
        while (message := await self._socket.receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                return UNSUPPORTED
            if len(text) > MAX_MESSAGE_BYTES or len(text.encode()) > MAX_MESSAGE_BYTES:
                return TOO_BIG
            if answer := await self._answer(text, watches):
                await self._outlet.send(answer)
        return None

    async def _answer(self, text: str, watches: WsWatches) -> str | None:
        """What is asked is done before the next message is read: a client cannot pile up work."""
        message: dict[str, object] = {}
        try:
            message = parse_message(text)
            return await self._done(message, watches)
        except (Problem, AgentcastError) as error:
            problem = error if isinstance(error, Problem) else problem_of(error)
            return self._refusal(problem or unexpected(), message)
        except WebSocketDisconnect:
            raise
        except Exception:  # boundary of a message: what it raised is for the log, not the client
            log.exception("a message of %s failed unexpectedly", request_id(self._socket.scope))
            return self._refusal(unexpected(), message)

    async def _done(self, message: dict[str, object], watches: WsWatches) -> str | None:
        match asked := client_message(message):
            case WatchMessage():
                await watches.start(asked)
                return None
            case UnwatchMessage():
                await watches.stop(asked.watch_id)
                return unwatched(asked.watch_id)
            case CommandMessage():
                answer = await self._commands.run(self._principal, asked)
                if answer.ends_with_its_client:
                    self.to_cancel[answer.ends_with_its_client] = None
                return result(command_id=asked.command_id, status=answer.status, body=answer.body)

    def _refusal(self, problem: Problem, message: dict[str, object]) -> str:
        try:
            given_id = id_of(message)
        except Problem:
            given_id = None
        return refusal(problem, self._socket.scope, command_id=given_id)


async def _cancelled(tasks: set[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


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
