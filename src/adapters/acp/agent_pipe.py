"""Carries messages to and from an agent's process; what it tells becomes events on the way."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from adapters.acp.agent_log import AgentLog
from adapters.acp.drift import Unfamiliar
from adapters.acp.json_message import JsonObject, json_message, json_object
from adapters.acp.message_lines import MessageLines
from adapters.acp.session_updates import SessionUpdates
from domain.errors import StateConflict
from domain.events import AgentEvent
from ports.process import RunningProcess

_MOST_REQUESTS = 64
_BUSY = -32000

Emit = Callable[[AgentEvent], Awaitable[None]]


class AgentPipe:
    """Updates are emitted in the order in which they come, before what comes after them is answered.

    Waiting for the log therefore holds the agent back.
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
        self._answers_owed = 0
        self._trouble: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._is_over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether the process has ended, and all it wrote was read."""
        return self._is_over.is_set()

    async def over(self) -> None:
        await self._is_over.wait()

    @property
    def trouble(self) -> asyncio.Future[object]:
        """Done, with an exception, when the run cannot go on."""
        return self._trouble

    def fail(self, error: Exception) -> None:
        if not self._trouble.done():
            self._trouble.set_exception(error)
            self._trouble.exception()  # seen: it may be that nobody waits for it any more

    async def send(self, message: JsonObject) -> None:
        """Raises ConnectionError when a request does not get through."""
        is_answer = "method" not in message
        self._answers_owed -= is_answer
        try:
            await self._process.write(json.dumps(message).encode() + b"\n")
        except StateConflict as error:
            if not is_answer:
                raise ConnectionError(str(error)) from error

    async def receive(self) -> JsonObject | None:
        """The next message that somebody must see to; None when there will be none."""
        try:
            while (line := await self._next_line()) is not None:
                if (message := await self._taken(line)) is not None:
                    return message
        except Exception as error:  # noqa: BLE001 - the library would only log it: the run is to end
            self.fail(error)
        self._is_over.set()
        return None

    async def close(self) -> None:
        """The process is ended by whoever has started it."""

    async def emit(self, events: Iterator[AgentEvent]) -> None:
        """In one piece: nothing else is emitted between them, nor read before."""
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

    async def _taken(self, line: str) -> JsonObject | None:
        """The message if it is for others; updates, and what is no message, end here."""
        message = json_message(line)
        params = message.get("params") if message else None
        match message:
            case None:
                await self.emit(self._log.no_message(line))
            case {"method": "session/update"}:
                await self.emit(self._updates.take(params, line=line))
            case {"method": "session/request_permission", "id": _}:
                await self.emit(self._updates.asked(params))
                return await self._request(message)
            case {"method": str(), "id": _}:
                return await self._request(message)
            case {"method": str(method)}:
                kind = Unfamiliar(f"the notification {method}")
                await self.emit(self._updates.unfamiliar(kind, line=line))
            case {"id": int()} if "method" not in message:
                return _answer(message)
            case _:
                no_kind = Unfamiliar("a message of no kind")
                await self.emit(self._updates.unfamiliar(no_kind, line=line))
        return None

    async def _request(self, message: JsonObject) -> JsonObject | None:
        self._answers_owed += 1
        if self._answers_owed <= _MOST_REQUESTS:
            return message
        error = {"code": _BUSY, "message": "too many requests at the same time"}
        await self.send({"jsonrpc": "2.0", "id": message["id"], "error": error})
        return None


def _answer(message: JsonObject) -> JsonObject:
    """The error of an answer as an object, which the library takes for granted."""
    if "error" not in message or isinstance(message["error"], dict) or "result" in message:
        return message
    return {**message, "error": json_object({"message": str(message["error"])})}
