"""A proxy before PostgreSQL that can cut the connection before or after a COMMIT."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import parse_qs, urlsplit

Cut = Literal["before the commit", "after the commit"]


class FaultyProxy:
    """`cut` affects the next COMMIT only: it is not sent, or its answer is not returned."""

    def __init__(self, url: str) -> None:
        self._socket = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
        self._port = 0
        self._lines: set[asyncio.Task[None]] = set()
        self.cut: Cut | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        async with server:
            yield
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        to_reader, to_writer = await asyncio.open_unix_connection(self._socket)
        is_cut = asyncio.Event()

        async def ask() -> None:
            while data := await reader.read(65536):
                if b"COMMIT" in data and self.cut is not None:
                    cut, self.cut = self.cut, None
                    if cut == "before the commit":
                        return
                    is_cut.set()
                to_writer.write(data)

        async def answer() -> None:
            while data := await to_reader.read(65536):
                if is_cut.is_set():
                    return
                writer.write(data)

        await _until_one_ends(ask(), answer())
        for end in (writer, to_writer):
            end.close()
            with suppress(OSError):
                await end.wait_closed()


async def _until_one_ends(*pumps: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.ensure_future(pump) for pump in pumps]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
