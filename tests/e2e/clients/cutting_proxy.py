"""A proxy that forwards bytes, and cuts each connection after a given number of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

import anyio
from anyio.abc import SocketAttribute, SocketStream

_CHUNK = 4096


@dataclass(slots=True, kw_only=True)
class CuttingProxy:
    target: Callable[[], str]
    """The server's URL now; it may be another after a restart."""
    cut_after: tuple[int, ...]
    """How many bytes of answers each connection may carry, in turn."""
    cuts: int = 0
    url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        allowances = cycle(self.cut_after)

        async def connected(client: SocketStream) -> None:
            await self._carry(client, allowance=next(allowances))

        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, connected)
            yield
            group.cancel_scope.cancel()

    async def _carry(self, client: SocketStream, *, allowance: int) -> None:
        """Both ends are closed when either is, or when the allowance is used up."""
        address = urlsplit(self.target())
        try:
            server = await anyio.connect_tcp(address.hostname or "", address.port or 0)
        except OSError:
            await client.aclose()
            return
        async with client, server, anyio.create_task_group() as group:
            group.start_soon(_pass_on, client, server, group.cancel_scope)
            if await _pass_some_on(server, client, allowance):
                self.cuts += 1
            group.cancel_scope.cancel()


async def _pass_on(source: SocketStream, target: SocketStream, whole: anyio.CancelScope) -> None:
    try:
        while True:
            await target.send(await source.receive(_CHUNK))
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        whole.cancel()


async def _pass_some_on(source: SocketStream, target: SocketStream, allowance: int) -> bool:
    """Whether the allowance was used up."""
    try:
        while allowance:
            passed = await source.receive(min(_CHUNK, allowance))
            await target.send(passed)
            allowance -= len(passed)
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return False
    return True
