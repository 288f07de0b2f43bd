"""Hints between nodes by NOTIFY, on a connection of their own and outside any transaction."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncpg  # type: ignore[import-untyped]

from adapters.store.postgres.engine import connected
from adapters.store.postgres.errors import FOREIGN
from domain.ids import SessionKey
from ports.wakeups import Hint

_LOGGER = logging.getLogger(__name__)

_CHANNEL = "agentcast"
_QUEUE = "*"  # stands for the hint None
_COALESCE_S = 0.01
_HINTS_AT_ONCE = 350  # a payload holds 8,000 bytes, a key has up to 19 digits
_MAX_PENDING = 10_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


class PostgresWakeups:
    """Listeners of this process are called at once, those of other nodes within milliseconds.

    At most 10,000 hints wait to be sent; further ones are dropped, and all of them while the
    database is unreachable: listeners also poll every second.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: list[Callable[[Hint], None]] = []
        self._remote_listeners: list[Callable[[Hint], None]] = []
        self._pending: dict[str, None] = {}
        self._own_pid = 0
        self._has_work = asyncio.Event()
        self._tried = asyncio.Event()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Entered when the first attempt to connect has ended, successful or not."""
        sender = asyncio.create_task(self._run(), name="wakeups")
        try:
            await self._tried.wait()
            yield
        finally:
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender

    def notify(self, hint: Hint) -> None:
        if self._listeners:
            asyncio.get_running_loop().call_soon(_call, self._listeners, hint)
        if len(self._pending) < _MAX_PENDING:
            self._pending[_QUEUE if hint is None else str(hint)] = None
            self._has_work.set()

    @contextmanager
    def listen(
        self, callback: Callable[[Hint], None], *, others_only: bool = False
    ) -> Iterator[None]:
        listeners = self._remote_listeners if others_only else self._listeners
        listeners.append(callback)
        try:
            yield
        finally:
            listeners.remove(callback)

    async def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                connection = await connected(self._url)
                pause = _FIRST_PAUSE_S
                await self._run_on(connection)
            except FOREIGN as error:
                _LOGGER.warning("wakeups between nodes are interrupted: %s", error)
            self._tried.set()
            self._pending.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _run_on(self, connection: asyncpg.Connection) -> None:
        """Send and receive until the connection is lost."""
        self._own_pid = connection.get_server_pid()
        connection.add_termination_listener(lambda _: self._has_work.set())
        try:
            await connection.add_listener(_CHANNEL, self._on_notification)
            self._tried.set()
            while not connection.is_closed():
                await self._has_work.wait()
                await asyncio.sleep(_COALESCE_S)
                self._has_work.clear()
                await self._send(connection)
        finally:
            connection.terminate()

    async def _send(self, connection: asyncpg.Connection) -> None:
        hints, self._pending = list(self._pending), {}
        for start in range(0, len(hints), _HINTS_AT_ONCE):
            payload = ",".join(hints[start : start + _HINTS_AT_ONCE])
            await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, payload)

    def _on_notification(
        self, connection: asyncpg.Connection, pid: int, channel: str, payload: object
    ) -> None:
        if pid == self._own_pid:
            return  # its listeners were called when it was sent
        for hint in _hints_of(str(payload)):
            _call(self._listeners, hint)
            _call(self._remote_listeners, hint)


def _call(listeners: Sequence[Callable[[Hint], None]], hint: Hint) -> None:
    for callback in tuple(listeners):
        callback(hint)


def _hints_of(payload: str) -> Sequence[Hint]:
    """Ignores what other programs may have sent on this channel."""
    names = payload.split(",")
    return [
        None if name == _QUEUE else SessionKey(int(name))
        for name in names
        if name == _QUEUE or name.isdecimal()
    ]
