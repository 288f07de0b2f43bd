"""Watches for a full disk and for lost files of the store, and notifies what has to end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from application.concurrency.repeat import repeat
from application.concurrency.task_group import background
from domain.errors import LogUnavailable, StorageFull
from ports.clock import Clock
from ports.storage import Storage, StorageTrouble

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_S = 0.5
_FILLED_S = 0.3
_DISTRUST_S = 5.0  # of reported free space, after a write found none


class StorageGuard:
    """While there is trouble nothing new is started; the reserve is for final events and removals."""

    def __init__(
        self,
        *,
        storage: Storage,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._pause = pause
        self._trouble: StorageTrouble | None = None
        self._refused_until = clock.monotonic()
        self._alarm = asyncio.Event()
        self._on_trouble: list[Callable[[StorageTrouble], None]] = []
        self._on_spending: list[Callable[[StorageFull], Awaitable[None]]] = []

    @property
    def trouble(self) -> StorageTrouble | None:
        return self._trouble

    def add_listener(self, on_trouble: Callable[[StorageTrouble], None]) -> None:
        """Called when trouble begins, and at each look as long as it lasts."""
        self._on_trouble.append(on_trouble)

    def before_spending(self, on_spending: Callable[[StorageFull], Awaitable[None]]) -> None:
        """Awaited before the reserve is released, to stop writes that would use it up."""
        self._on_spending.append(on_spending)

    def check(self) -> None:
        """Call it before anything new is started. Raises StorageFull, LogUnavailable."""
        if self._trouble is None:
            return
        if self._trouble.kind == "storage_full":
            raise StorageFull(self._trouble.message)
        raise LogUnavailable(self._trouble.message)

    def refused(self, failure: StorageFull) -> None:
        """Report that a write found no room."""
        self._refused_until = self._clock.monotonic() + _DISTRUST_S
        self._begin(StorageTrouble(kind="storage_full", message=str(failure)))
        self._alarm.set()

    async def with_reserve(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write, on a full disk a second time after releasing the reserve."""
        try:
            return await write()
        except StorageFull as failure:
            self.refused(failure)
            for on_spending in self._on_spending:
                await on_spending(failure)
        # What fills the disk must find it full first, or it would take the reserve as well.
        await self._pause(_FILLED_S)
        await self._storage.spend_reserve()
        return await write()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        await self.look()
        watching = repeat(
            self._alarm_or_poll, self.look, name="looking after the store", at_once=False
        )
        async with background(watching):
            yield

    async def look(self) -> None:
        is_refused = self._clock.monotonic() < self._refused_until
        trouble = await self._storage.look(is_refused=is_refused)
        if trouble is None and is_refused:
            return
        if trouble is not None:
            self._begin(trouble)
        elif self._trouble is not None:
            log.warning("the store has room again")
            self._trouble = None

    def _begin(self, trouble: StorageTrouble) -> None:
        if self._trouble is None or self._trouble.kind != trouble.kind:
            log.warning("%s; nothing new is started, and running tasks are ended", trouble.message)
        self._trouble = trouble
        for on_trouble in self._on_trouble:
            on_trouble(trouble)

    async def _alarm_or_poll(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._alarm.wait()
        self._alarm.clear()
