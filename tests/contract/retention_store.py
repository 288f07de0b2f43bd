"""A store with its retention, for the tests of trimming and compaction."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import anyio

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_retention import MemoryEventRetention
from adapters.store.retention.event_retention import SqlEventRetention
from application.upkeep.compaction import Compaction
from application.upkeep.log_trimming import EVER
from domain.events import AgentEvent
from domain.ids import SessionId, SessionKey
from domain.principal import LOCAL
from domain.task import Task
from ports.event_log import Bounds, StoredEvent
from ports.event_retention import EventRetention
from ports.session_store import SessionEdit
from ports.task_queue import Claim
from tests.command_runner_fakes import FakeOutputArchive
from tests.contract.store_harness import TALK, StoreHarness
from tests.contract.stores import emptied_sql
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

MANY = 1000
_numbers = count(1)


class TickingClock(FakeClock):
    """Each call of `now` takes a moment."""

    def now(self) -> datetime:
        self.advance(0.001)
        return super().now()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionStore:
    harness: StoreHarness
    retention: EventRetention

    async def done(self, session: str = TALK, *, lines: int = 2) -> Task:
        """A task that has ended: queued, so many lines, complete."""
        claim = await self.harness.start(session)
        await self.fill(claim, lines)
        await self.harness.end(claim)
        return await self.harness.get(claim.task)

    async def fill(self, claim: Claim, lines: int) -> None:
        await self.harness.log.append(self.harness.lines(claim, *["x" * 100] * lines))

    async def compacted(
        self, *events: AgentEvent
    ) -> tuple[Sequence[StoredEvent], Sequence[StoredEvent]]:
        """The log of a task with these events, and what compaction has left of it."""
        claim = await self.harness.start()
        for event in events:
            await self.harness.log.append(self.harness.changing(claim, event))
        await self.harness.end(claim)
        log, key = self.harness.log, claim.task.session_key
        before = await log.read(key, after=0, limit=MANY)
        compaction = Compaction(
            log=log,
            codec=self.harness.codec,
            retention=self.retention,
            archive=FakeOutputArchive(),
        )
        await compaction.compact_before(EVER)
        return before, await log.read(key, after=0, limit=MANY)

    async def moved_on(self) -> None:
        """What ends from now on has ended later than what has ended before."""
        with anyio.fail_after(PATIENCE_S):
            first = last = await self._now()
            while last <= first:
                last = await self._now()

    async def _now(self) -> datetime:
        name = SessionId(f"clock-{next(_numbers)}")
        return (await self.harness.sessions.create(LOCAL, name, SessionEdit())).created_at

    async def trim_all(self, key: SessionKey, *, ended_before: datetime) -> int:
        total = 0
        while True:
            step = await self.retention.trim(key, ended_before=ended_before, limit=MANY)
            if not step.events:
                return total
            total += step.events

    async def bounds(self, task: Task) -> Bounds | None:
        return await self.harness.log.bounds(task.session_key)

    async def ids(self, *, ended_before: datetime) -> list[str]:
        oldest = await self.retention.oldest(ended_before=ended_before, limit=MANY)
        return [task.task_id for task in oldest]


@asynccontextmanager
async def open_retention_store(url: str) -> AsyncIterator[RetentionStore]:
    if url == "memory":
        memory = MemoryDatabase(TickingClock())
        harness = StoreHarness.in_memory(memory)
        yield RetentionStore(harness=harness, retention=MemoryEventRetention(memory))
        return
    async with emptied_sql(url) as (harness, sql):
        yield RetentionStore(harness=harness, retention=SqlEventRetention(sql))
