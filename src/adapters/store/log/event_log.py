"""The log of events on SQL: appends that come during a transaction share the next one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from adapters.store.database import Database
from adapters.store.log import event_queries
from adapters.store.log.append_batch import Stored, batch_was_stored, store_batch
from domain.errors import LeaseLost, LogUnavailable
from domain.ids import SessionKey, Tag
from ports.event_log import Append, Bounds, Recorded, StoredEvent

_BATCH_EVENTS = 2_000
_BATCH_BYTES = 4 * 1024 * 1024

_Waiting = tuple[Append, asyncio.Future[Sequence[StoredEvent]]]


class SqlEventLog:
    """Waiting appends are bounded by their callers, each of which waits for its own.

    One batch at a time is written. It is chosen when its transaction begins, on that thread.
    """

    def __init__(self, database: Database) -> None:
        self._database = self.database = database
        self._waiting: deque[_Waiting] = deque()
        self._drained = asyncio.Event()
        self._drained.set()
        self._is_open = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Enter it inside the database's `opened()`; on leaving, pending appends are stored first."""
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False
            await self._drained.wait()

    async def append(self, append: Append) -> Sequence[StoredEvent]:
        """An append continues when its caller is cancelled: it may share a batch with others."""
        if not self._is_open:
            raise LogUnavailable("the event log is closed")
        answer: asyncio.Future[Sequence[StoredEvent]] = asyncio.get_running_loop().create_future()
        self._waiting.append((append, answer))
        if self._drained.is_set():
            self._drained.clear()
            self._write_next()
        return await answer

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        return await self._database.read(
            lambda c: event_queries.read_page(c, session_key, after=after, limit=limit)
        )

    async def find(
        self, session_key: SessionKey, *, event_types: Collection[str], after: int, limit: int
    ) -> Sequence[StoredEvent]:
        return await self._database.read(
            lambda c: event_queries.find_events(
                c, session_key, event_types=event_types, after=after, limit=limit
            )
        )

    async def bounds(self, session_key: SessionKey) -> Bounds | None:
        return await self._database.read(lambda c: event_queries.read_bounds(c, session_key))

    async def tag_at(self, session_key: SessionKey, seq: int) -> Tag | None:
        return await self._database.read(lambda c: event_queries.read_tag(c, session_key, seq))

    async def last_seqs(self, keys: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        return await self._database.read(lambda c: event_queries.read_last_seqs(c, keys))

    async def newest(
        self, session_key: SessionKey, *, below: int, limit: int
    ) -> Sequence[Recorded]:
        return await self._database.read(
            lambda c: event_queries.read_newest(c, session_key, below=below, limit=limit)
        )

    async def seq_before(self, session_key: SessionKey, at: datetime) -> int:
        return await self._database.read(
            lambda c: event_queries.read_seq_before(c, session_key, at)
        )

    def _write_next(self) -> None:
        batch: list[_Waiting] = []

        def work(connection: Connection) -> Sequence[Stored]:
            if not batch:  # as late as possible, and not again when the work is repeated
                some, size = self._next_batch()
                batch.extend(some)
                self._database.check_room(connection, size)
            return store_batch(connection, [append for append, _ in batch])

        def was_done(connection: Connection, earlier: Sequence[Stored]) -> bool:
            return batch_was_stored(connection, [append for append, _ in batch], earlier)

        self._database.begin_write(
            work,
            was_done=was_done,
            on_done=partial(self._on_stored, batch),
            on_error=partial(self._on_failure, batch),
        )

    def _next_batch(self) -> tuple[Sequence[_Waiting], int]:
        """A batch, and about how many bytes it takes."""
        batch: list[_Waiting] = []
        events = size = 0
        while self._waiting and events < _BATCH_EVENTS and size < _BATCH_BYTES:
            waiting = self._waiting.popleft()
            batch.append(waiting)
            events += len(waiting[0].events)
            size += sum(len(event.tail) for event in waiting[0].events)
        return batch, size

    def _on_stored(self, batch: Sequence[_Waiting], results: Sequence[Stored]) -> None:
        self._start_next()
        for (_, answer), stored in zip(batch, results, strict=True):
            _settle(answer, stored)

    def _on_failure(self, batch: Sequence[_Waiting], error: BaseException) -> None:
        failed = batch or self._next_batch()[0]
        self._start_next()
        for _, answer in failed:
            if not answer.done():
                answer.set_exception(_reason(error))

    def _start_next(self) -> None:
        """Called before the callers get their results: the next batch is written meanwhile."""
        if self._waiting:
            self._write_next()
        else:
            self._drained.set()


def _settle(answer: asyncio.Future[Sequence[StoredEvent]], stored: Stored) -> None:
    if answer.done():
        return
    if stored is None:
        answer.set_exception(LeaseLost("another runner holds this session now"))
    else:
        answer.set_result(stored)


def _reason(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else LogUnavailable("the event log was closed")
