"""Carries messages to and from an agent's process, and emits its notifications as events."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from adapters.acp.agent_log import AgentLog
from adapters.acp.messages import JsonObject, MessageLines, json_message, json_object
from adapters.acp.session_updates import SessionUpdates
from adapters.system.schema_drift import UnknownShape
from domain.errors import StateConflict
from domain.events import AgentEvent
from ports.process import RunningProcess

_MOST_REQUESTS = 64
_BUSY = -32000

Emit = Callable[[AgentEvent], Awaitable[None]]


class AgentPipe:
    """Updates are emitted in order, before later messages are answered.

    So a slow log slows the agent down (backpressure).
    """

    def __init__(
        self, process: RunningProcess, *, updates: SessionUpdates, log: AgentLog, emit: Emit
    ) -> None:
        self._process = process
        self._output = process.output()
        self._updates = updates
        self._log = log
        self._emit = emit
        self._lines = MessageLines()
        self._waiting: deque[str] = deque()
        self._emitting = asyncio.Lock()
        self._open_requests = 0
        self._failure: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._is_closed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether the process has exited and all its output was read."""
        return self._is_closed.is_set()

    async def wait_closed(self) -> None:
        await self._is_closed.wait()

    @property
    def failure(self) -> asyncio.Future[object]:
        """Set to an exception when the run cannot continue."""
        return self._failure

    def fail(self, error: Exception) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)
            self._failure.exception()  # mark as retrieved: nobody may be waiting for it

    async def send(self, message: JsonObject) -> None:
        """Raises ConnectionError if a request cannot be sent."""
        is_answer = "method" not in message
        self._open_requests -= is_answer
        try:
            await self._process.write(json.dumps(message).encode() + b"\n")
        except StateConflict as error:
            if not is_answer:
                raise ConnectionError(str(error)) from error

    async def receive(self) -> JsonObject | None:
        """The next message for the library to handle; None at the end of the output."""
        try:
            while (line := await self._next_line()) is not None:
                if (message := await self._handle(line)) is not None:
                    return message
        except Exception as error:  # noqa: BLE001 - the library would only log it, but the run must end
            self.fail(error)
        self._is_closed.set()
        return None

    async def close(self) -> None:
        """Nothing: the process is stopped by its runner."""

    async def emit(self, events: Iterator[AgentEvent]) -> None:
        """Emit all of them without anything in between."""
        async with self._emitting:
            for event in events:
                await self._emit(event)

    async def _next_line(self) -> str | None:
        while not self._waiting:
            output = await anext(self._output, None)
            if output is None:
                await self.emit(self._log.end())
                self._waiting.extend(self._lines.end())
                return self._waiting.popleft() if self._waiting else None
            if output.stream == "stdout":
                self._waiting.extend(self._lines.feed(output.text))
            else:
                await self.emit(self._log.error_output(output.text))
        return self._waiting.popleft()

    async def _handle(self, line: str) -> JsonObject | None:
        """The message if the library has to handle it; updates and log lines are emitted here."""
        message = json_message(line)
        params = message.get("params") if message else None
        match message:
            case None:
                await self.emit(self._log.stdout_line(line))
            case {"method": "session/update"}:
                await self.emit(self._updates.read(params, line=line))
            case {"method": "session/request_permission", "id": _}:
                await self.emit(self._updates.permission_requested(params))
                return await self._request(message)
            case {"method": str(), "id": _}:
                return await self._request(message)
            case {"method": str(method)}:
                kind = UnknownShape(f"the notification {method}")
                await self.emit(self._updates.unknown(kind, line=line))
            case {"id": int()} if "method" not in message:
                return _answer(message)
            case _:
                no_kind = UnknownShape("a message of no kind")
                await self.emit(self._updates.unknown(no_kind, line=line))
        return None

    async def _request(self, message: JsonObject) -> JsonObject | None:
        self._open_requests += 1
        if self._open_requests <= _MOST_REQUESTS:
            return message
        error = {"code": _BUSY, "message": "too many requests at the same time"}
        await self.send({"jsonrpc": "2.0", "id": message["id"], "error": error})
        return None


def _answer(message: JsonObject) -> JsonObject:
    """An answer whose error is an object, as the library requires."""
    if "error" not in message or isinstance(message["error"], dict) or "result" in message:
        return message
    return {**message, "error": json_object({"message": str(message["error"])})}
