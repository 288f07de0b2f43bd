"""Carries MCP messages over the standard input and output of a process, one a line."""

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
_ERROR_OUTPUT_CHARS = 1000
_READ_TO_END_S = 5.0
"""For a server that neither reads nor exits."""


class ProcessPipe:
    def __init__(self, process: RunningProcess) -> None:
        self._process = process
        self._error_output = ""
        self._read_to_end = anyio.Event()

    @property
    def has_ended(self) -> bool:
        """Whether its output was read to the end."""
        return self._read_to_end.is_set()

    @property
    def last_output(self) -> str:
        """The end of its standard error."""
        return self._error_output.strip()

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Streams]:
        """Without buffers: a slow side blocks the other."""
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
        """The client's stream ends with the output of the process."""
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
                self._error_output = (self._error_output + output.text)[-_ERROR_OUTPUT_CHARS:]
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
            # An exiting server closes its input before its remaining output is read.
            with anyio.move_on_after(_READ_TO_END_S):
                await self._read_to_end.wait()
            await to_client.aclose()  # so that no call waits for an answer


def _message(line: str) -> SessionMessage | None:
    """None for anything but a message, which some servers print."""
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValidationError:
        return None
