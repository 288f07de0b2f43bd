"""The data that the stores in memory share: sessions with their events, tasks, idempotency keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.agent_thread import AgentThread
from domain.errors import TaskNotFound
from domain.ids import AgentName, LeaseId, SessionId, SessionKey, TaskId, WorkerId
from domain.principal import Principal
from domain.session import Session, SessionStatus
from domain.task import LIVE, Task, TaskStatus
from ports.clock import Clock
from ports.event_log import EncodedEvent, StoredEvent
from ports.session_store import SessionEdit
from ports.storage import StorageTrouble

KEY_KEPT = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class SessionRow:
    session: Session
    events: list[StoredEvent] = field(default_factory=list)
    recorded_at: list[datetime] = field(default_factory=list)
    active_task: TaskId | None = None
    lease_id: LeaseId | None = None
    is_deleted: bool = False
    threads: dict[AgentName, AgentThread] = field(default_factory=dict)

    @property
    def trimmed(self) -> int:
        """The seq of the last event that was removed; 0 if none was."""
        return self.session.first_seq - 1

    def append(self, added: Sequence[EncodedEvent], *, at: datetime) -> Sequence[StoredEvent]:
        first = self.session.last_seq + 1
        stored = [event.at_seq(seq) for seq, event in enumerate(added, first)]
        self.events.extend(stored)
        self.recorded_at.extend(event.at for event in added)
        self.session = replace(
            self.session, last_seq=self.session.last_seq + len(stored), updated_at=at
        )
        return stored


@dataclass(slots=True, kw_only=True)
class TaskRow:
    task: Task
    lease_id: LeaseId | None = None
    lease_ends: float = 0.0
    reserved_for: WorkerId | None = None
    reserved_until: float = 0.0
    is_compacted: bool = False

    @property
    def is_queued(self) -> bool:
        return self.task.status is TaskStatus.QUEUED

    @property
    def is_live(self) -> bool:
        return self.task.status in LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    request_hash: str
    task_id: TaskId
    created_at: datetime


class MemoryDatabase:
    """For one event loop: what runs between two awaits is a transaction."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sessions: dict[SessionKey, SessionRow] = {}
        self.tasks: dict[TaskId, TaskRow] = {}
        """In the order of their submission."""
        self.keys: dict[tuple[str, str, str], KeyRow] = {}
        self.last_number = 0
        self._last_key = 0

    def session(self, principal: Principal, session_id: SessionId) -> SessionRow | None:
        named = (
            row for row in self.sessions_of(principal) if row.session.session_id == session_id
        )
        return next(named, None)

    def sessions_of(self, principal: Principal) -> Iterator[SessionRow]:
        return (
            row
            for row in self.sessions.values()
            if not row.is_deleted and is_same_owner(row.session.principal, principal)
        )

    def make_session(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> SessionRow:
        self._last_key += 1
        now = self.clock.now()
        session = Session(
            session_key=SessionKey(self._last_key),
            session_id=session_id,
            principal=principal,
            status="idle",
            created_at=now,
            updated_at=now,
            first_seq=1,
            last_seq=0,
            title=edit.title,
            metadata=edit.metadata,
        )
        row = self.sessions[session.session_key] = SessionRow(session=session)
        return row

    def tasks_of(self, key: SessionKey) -> Iterator[TaskRow]:
        return (row for row in self.tasks.values() if row.task.session_key == key)

    def tasks_for(self, principal: Principal) -> Iterator[TaskRow]:
        return (
            row
            for row in self.tasks.values()
            if is_same_owner(row.task.principal, principal)
            and not self.sessions[row.task.session_key].is_deleted
        )

    def task(self, principal: Principal, task_id: TaskId) -> TaskRow:
        row = self.tasks.get(task_id)
        if (
            row is None
            or not is_same_owner(row.task.principal, principal)
            or self.sessions[row.task.session_key].is_deleted
        ):
            raise TaskNotFound(f"there is no task {task_id}")
        return row

    def status_of(self, row: SessionRow) -> SessionStatus:
        if row.active_task is None:
            return "idle"
        status = self.tasks[row.active_task].task.status
        return "waiting" if status is TaskStatus.WAITING else "running"


class MemoryStorage:
    async def look(self, *, is_refused: bool = False) -> StorageTrouble | None:
        return None

    async def spend_reserve(self) -> None:
        """Does nothing: there is no disk, and no reserve."""


def is_same_owner(one: Principal, other: Principal) -> bool:
    return (one.tenant, one.owner) == (other.tenant, other.owner)
