"""The stores of one database, with the calls that the application makes on them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_feed import MemoryTaskFeed
from adapters.memory.task_leases import MemoryTaskLeases
from adapters.memory.task_store import MemoryTaskStore
from adapters.store.database import Database
from adapters.store.sessions.session_store import SqlSessionStore
from adapters.store.tasks.task_feed import SqlTaskFeed
from adapters.store.tasks.task_leases import SqlTaskLeases
from adapters.store.tasks.task_store import SqlTaskStore
from adapters.system.id_source import SystemIdSource
from adapters.wire import JsonEventCodec
from domain.events import AgentEvent, Origin
from domain.ids import AgentName, LeaseId, SessionId, SessionKey, WorkerId
from domain.principal import LOCAL, Principal
from domain.process_events import Log
from domain.task import CancelIntent, OnBusy, Task, TaskStatus
from domain.task_change import change_of
from domain.task_events import (
    CancelMode,
    CancelRequested,
    TaskCancelled,
    TaskComplete,
    TaskQueued,
)
from entrypoints.container import Container
from ports.event_log import Append, EncodedEvent, EventLog, StoredEvent
from ports.session_store import SessionStore
from ports.task_feed import TaskFeed
from ports.task_leases import TaskLeases
from ports.task_queue import Claim
from ports.task_store import Cancellation, IdempotencyKey, Submission, TaskStore

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ALICE = Principal(tenant="acme", owner="alice", name="Alice")
BOB = Principal(tenant="acme", owner="bob", name="Bob")
TALK = SessionId("talk")
WORKER = WorkerId("one.1")
OTHER_WORKER = WorkerId("two.1")
COMPLETE = TaskComplete(final_answer="done", duration_ms=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHarness:
    log: EventLog
    tasks: TaskStore
    leases: TaskLeases
    feed: TaskFeed
    sessions: SessionStore
    ids: SystemIdSource = field(default_factory=SystemIdSource)
    codec: JsonEventCodec = field(default_factory=JsonEventCodec)

    @classmethod
    def in_memory(cls, database: MemoryDatabase, *, reserved_s: float = 30.0) -> Self:
        return cls(
            log=MemoryEventLog(database),
            tasks=MemoryTaskStore(database, lease_s=reserved_s),
            leases=MemoryTaskLeases(database, ids=SystemIdSource()),
            feed=MemoryTaskFeed(database),
            sessions=MemorySessionStore(database),
        )

    @classmethod
    def on_sql(cls, database: Database, log: EventLog, *, reserved_s: float = 30.0) -> Self:
        return cls(
            log=log,
            tasks=SqlTaskStore(database, lease_s=reserved_s),
            leases=SqlTaskLeases(database, ids=SystemIdSource()),
            feed=SqlTaskFeed(database),
            sessions=SqlSessionStore(database),
        )

    @classmethod
    def of(cls, container: Container) -> Self:
        return cls(
            log=container.store.event_log(),
            tasks=container.store.task_store(),
            leases=container.store.task_leases(),
            feed=container.store.task_feed(),
            sessions=container.store.session_store(),
        )

    def new_task(
        self,
        session_id: str = TALK,
        *,
        principal: Principal = LOCAL,
        agent: str = "react",
        text: str = "do it",
    ) -> Task:
        return Task(
            task_id=self.ids.task_id(),
            session_key=SessionKey(0),
            session_id=SessionId(session_id),
            principal=principal,
            agent=AgentName(agent),
            text=text,
            status=TaskStatus.QUEUED,
            created_at=AT,
        )

    def event(self, event: AgentEvent, task: Task, *, at: datetime = AT) -> EncodedEvent:
        origin = Origin(
            session_key=task.session_key,
            session_id=task.session_id,
            task_id=task.task_id,
            agent=task.agent,
            attempt=task.attempt,
            lease_id=None,
        )
        return self.codec.encode(event, origin, at=at, tag=self.ids.tag())

    async def submit(
        self,
        task: Task,
        *,
        on_busy: OnBusy = "enqueue",
        idempotency: IdempotencyKey | None = None,
        reserved_for: WorkerId | None = None,
    ) -> Submission:
        return await self.tasks.submit(
            task,
            self.event(TaskQueued(task=task.text), task),
            on_busy=on_busy,
            idempotency=idempotency,
            reserved_for=reserved_for,
        )

    async def queue(self, session_id: str = TALK, *, principal: Principal = LOCAL) -> Task:
        return (await self.submit(self.new_task(session_id, principal=principal))).task

    async def ended(self, session_id: str = TALK) -> Task:
        """A task that was carried out in a session where nothing is queued."""
        claim = await self.start(session_id)
        await self.end(claim)
        return await self.get(claim.task)

    def retry_of(self, task: Task) -> Task:
        return replace(self.new_task(task.session_id), retry_of=task.task_id)

    async def claim(self, worker_id: WorkerId = WORKER, *, lease_s: float = 30) -> Claim:
        [claim] = await self.leases.claim(worker_id, limit=1, lease_s=lease_s)
        return claim

    async def start(self, session_id: str = TALK, *, lease_s: float = 30) -> Claim:
        """A task that runs in a session where nothing else is queued."""
        task = await self.queue(session_id)
        [claim] = await self.leases.claim(WORKER, limit=1, lease_s=lease_s, only=task.task_id)
        return claim

    def lines(self, claim: Claim, *lines: str, at: datetime = AT) -> Append:
        logs = [Log(line=line, line_num=1, stream="stdout") for line in lines]
        return Append(
            session_key=claim.task.session_key,
            task_id=claim.task.task_id,
            lease_id=claim.lease_id,
            events=[self.event(log, claim.task, at=at) for log in logs],
        )

    def changing(self, claim: Claim, event: AgentEvent) -> Append:
        """The append of an event, with the change that it makes to its task."""
        return Append(
            session_key=claim.task.session_key,
            task_id=claim.task.task_id,
            lease_id=claim.lease_id,
            events=[self.event(event, claim.task)],
            change=change_of(event),
        )

    async def end(self, claim: Claim) -> StoredEvent:
        [stored] = await self.log.append(self.changing(claim, COMPLETE))
        return stored

    async def cancel(
        self, task: Task, *, mode: CancelMode = "graceful", principal: Principal = LOCAL
    ) -> Cancellation:
        by = principal.name
        return await self.tasks.request_cancel(
            principal,
            task.task_id,
            CancelIntent(mode=mode, reason="user", by=by),
            requested=self.event(CancelRequested(by=by, mode=mode), task),
            cancelled=self.event(TaskCancelled(reason="user", by=by, duration_ms=0), task),
        )

    async def written(self, session_key: SessionKey) -> list[tuple[int, str]]:
        """The seq and type of everything in a session."""
        stored = await self.log.read(session_key, after=0, limit=100_000)
        return [(event.seq, event.event_type) for event in stored]

    async def get(self, task: Task) -> Task:
        return await self.tasks.get(task.principal, task.task_id)


def with_lease(append: Append, lease_id: str) -> Append:
    return Append(
        session_key=append.session_key,
        task_id=append.task_id,
        lease_id=LeaseId(lease_id),
        events=append.events,
        change=append.change,
    )
