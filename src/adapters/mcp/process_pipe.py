"""Carries the protocol's messages over a process's standard input and output, line by line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter
from pydantic import ValidationError

from domain.errors import StateConflict
from ports.process import RunningProcess

Incoming = SessionMessage | Exception
Streams = tuple[MemoryObjectReceiveStream[Incoming], MemoryObjectSendStream[SessionMessage]]

_MOST_CHARS = 32 * 1024 * 1024
_LAST_CHARS = 1000
_LAST_WORDS_S = 5.0
"""A bound only for a server that lives on and does not read."""


class ProcessPipe:
    def __init__(self, process: RunningProcess) -> None:
        self._process = process
        self._error_output = ""
        self._read_to_end = anyio.Event()

    @property
    def has_ended(self) -> bool:
        """Whether all that it wrote has been read: nothing more can come."""
        return self._read_to_end.is_set()

    @property
    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        return self._error_output.strip()

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Streams]:
        """Nothing is held between the two ends: a slow one holds the other back."""
        to_client, from_server = anyio.create_memory_object_stream[Incoming](0)
        to_server, from_client = anyio.create_memory_object_stream[SessionMessage](0)
        async with (
            to_client,
            from_server,
            to_server,
            from_client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(self._read, to_client)
            group.start_soon(self._write, from_client, to_client)
            yield from_server, to_server
            group.cancel_scope.cancel()

    async def _read(self, to_client: MemoryObjectSendStream[Incoming]) -> None:
        """When the process is at its end, so is the client's stream."""
        try:
            async for line in self._lines():
                if (message := _message(line)) is not None:
                    await to_client.send(message)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return
        self._read_to_end.set()
        await to_client.aclose()

    async def _lines(self) -> AsyncIterator[str]:
        held: list[str] = []
        held_chars = 0
        async for output in self._process.output():
            if output.stream != "stdout":
                self._error_output = (self._error_output + output.text)[-_LAST_CHARS:]
                continue
            *lines, rest = output.text.split("\n")
            for line in lines:
                yield "".join((*held, line))
                held, held_chars = [], 0
            held.append(rest)
            held_chars += len(rest)
            if held_chars > _MOST_CHARS:
                raise ValueError(f"it sent a message of more than {_MOST_CHARS} characters")

    async def _write(
        self,
        from_client: MemoryObjectReceiveStream[SessionMessage],
        to_client: MemoryObjectSendStream[Incoming],
    ) -> None:
        try:
            async for sent in from_client:
                line = sent.message.model_dump_json(by_alias=True, exclude_unset=True)
                await self._process.write(line.encode() + b"\n")
        except StateConflict:
            # One that is on its way out has closed its input before its last words are read.
            with anyio.move_on_after(_LAST_WORDS_S):
                await self._read_to_end.wait()
            await to_client.aclose()  # so that nobody waits for an answer


def _message(line: str) -> SessionMessage | None:
    """None for what some servers write between their messages."""
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValidationError:
        return None
