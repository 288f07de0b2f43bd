"""A client that sends exactly the bytes that a test gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio

from tests.e2e.running_server import RunningServer
from tests.patience import PATIENCE_S


class RawClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def until(self, end: bytes) -> bytes:
        with anyio.fail_after(PATIENCE_S):
            return await self._reader.readuntil(end)

    async def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        with anyio.fail_after(PATIENCE_S):
            return await self._reader.read()

    async def anything(self, *, within_s: float) -> bytes:
        """What comes next; empty when nothing does."""
        with anyio.move_on_after(within_s):
            return await self._reader.read(65_536)
        return b""


@asynccontextmanager
async def raw_client(server: RunningServer) -> AsyncIterator[RawClient]:
    where = urlsplit(server.base_url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()
