"""The bounded queue between one run and the log, which is emptied by group commits."""

import asyncio
import logging

from application.casting.event_dispatch import EventDispatch
from application.upkeep.storage_guard import StorageGuard
from domain.errors import AgentcastError, LeaseLost, LogUnavailable, StorageFull
from domain.events import Origin
from domain.ids import LeaseId
from domain.task_change import TaskChange
from ports.clock import Clock
from ports.event_log import Append, EncodedEvent, EventLog
from ports.meter import Meter

log = logging.getLogger(__name__)

MAX_PENDING_EVENTS = 256
MAX_PENDING_BYTES = 1024 * 1024


class EventPipe:
    """Adding an event does not wait, and events are stored in order.

    At its bound it `is_full`: the caller then awaits `room`, which is the back-pressure on the run.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        log: EventLog,
        dispatch: EventDispatch,
        storage: StorageGuard,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._origin = origin
        self._lease_id = origin.lease_id or LeaseId("")
        self._log = log
        self._dispatch = dispatch
        self._storage = storage
        self._clock = clock
        self._meter = meter
        self._pending: list[EncodedEvent] = []
        self._pending_bytes = 0
        self._change: TaskChange | None = None
        self._is_closed = False
        self._failure: AgentcastError | None = None
        self._added = self._stored = 0
        self._committed = asyncio.Event()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._failed = asyncio.Event()
        self._done = asyncio.Event()

    @property
    def failure(self) -> AgentcastError | None:
        """What an append failed with; nothing is stored after that."""
        return self._failure

    async def failed(self) -> AgentcastError:
        """Returns the failure as soon as an append has failed."""
        while self._failure is None:
            await self._failed.wait()
        return self._failure

    @property
    def is_full(self) -> bool:
        return len(self._pending) >= MAX_PENDING_EVENTS or self._pending_bytes >= MAX_PENDING_BYTES

    def add(self, encoded: EncodedEvent, change: TaskChange | None) -> None:
        """Raises the failure, and LeaseLost once it is closed."""
        if self._failure:
            raise self._failure
        if self._is_closed:
            raise LeaseLost("the run has ended")
        self._added += 1
        self._pending.append(encoded)
        self._pending_bytes += len(encoded.tail)
        self._change = change or self._change
        self._filled.set()

    async def room(self) -> None:
        """Returns when the queue is below its bound again. Raises the failure."""
        while self.is_full and not self._failure:
            self._emptied.clear()
            await self._emptied.wait()
        if self._failure:
            raise self._failure

    async def stored(self) -> None:
        """Returns when what was added before is in the log. Raises the failure."""
        wanted = self._added
        while self._stored < wanted and not self._failure:
            self._committed.clear()
            await self._committed.wait()
        if self._failure:
            raise self._failure

    def close(self) -> None:
        """Accept nothing more."""
        self._is_closed = True
        self._filled.set()

    def give_up(self, failure: AgentcastError) -> None:
        """Store nothing more, unless it is being stored already."""
        if not self._failure and not self._is_closed:
            self._fail(failure)
            self._pending.clear()
            self.close()

    async def flushed(self) -> None:
        """Returns when a closed pipe is empty. Raises the failure."""
        await self._done.wait()
        if self._failure:
            raise self._failure

    async def pump(self) -> None:
        """Store what is added, until the pipe is closed and empty or an append fails."""
        try:
            while self._pending or not self._is_closed:
                self._filled.clear()
                if self._pending:
                    await self._store_pending()
                elif not self._is_closed:
                    await self._filled.wait()
        except AgentcastError as failure:
            self._fail(failure)
        except asyncio.CancelledError:
            self._failure = LogUnavailable("the server closes the log")
            raise
        except Exception:  # boundary: a bug in the log ends this run, not the server
            log.exception("appending to the log failed")
            self._fail(LogUnavailable("the event log failed"))
        finally:
            self._pending.clear()
            self._emptied.set()
            self._committed.set()
            self._done.set()

    def _fail(self, failure: AgentcastError) -> None:
        self._failure = failure
        self._failed.set()
        if isinstance(failure, StorageFull):
            self._storage.refused(failure)

    async def _store_pending(self) -> None:
        events, change = self._pending, self._change
        self._pending, self._pending_bytes, self._change = [], 0, None
        self._emptied.set()  # the next batch may fill while this one is committed
        began_at = self._clock.monotonic()
        with self._dispatch.writing(self._origin.session_id) as write:
            stored = await self._log.append(
                Append(
                    session_key=self._origin.session_key,
                    task_id=self._origin.task_id,
                    lease_id=self._lease_id,
                    events=events,
                    change=change,
                )
            )
            self._meter.observe("append", self._clock.monotonic() - began_at)
            self._meter.add("events_appended", len(stored))
            if change is not None and change.status.is_final:
                self._meter.task_ended(change.status, change.reason)
            write.publish(self._origin, stored)
        await write.taken()
        self._stored += len(stored)
        self._committed.set()
