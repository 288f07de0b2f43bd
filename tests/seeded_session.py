"""A session in memory whose log holds what a test writes; no agent runs."""

from datetime import UTC, datetime

from adapters.memory.asking import MemoryApprovalStore, MemoryQuestionStore
from adapters.memory.database import MemoryDatabase, SessionRow, TaskRow
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.wire import JsonEventCodec
from application.recall.prior_answers import PriorAnswers
from application.recall.session_memory import SessionMemory
from application.recall.session_messages import SessionMessages
from application.recall.session_origins import SessionOrigins
from domain.events import AgentEvent, Origin
from domain.ids import AgentName, SessionId, SessionKey, TaskId
from domain.principal import LOCAL
from domain.session import Session
from domain.task import Task
from ports.event_log import EventLog
from tests.fakes import CountingIdSource, FakeClock


class SeededSession:
    key = SessionKey(1)
    at = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

    def __init__(self, *events: AgentEvent) -> None:
        self._codec = JsonEventCodec()
        self._ids = CountingIdSource()
        self._row = SessionRow(
            session=Session(
                session_key=self.key,
                session_id=SessionId("s"),
                principal=LOCAL,
                status="idle",
                created_at=self.at,
                updated_at=self.at,
                first_seq=1,
                last_seq=0,
            )
        )
        database = self.database = MemoryDatabase(FakeClock())
        database.sessions[self.key] = self._row
        self.log = MemoryEventLog(database)
        self._origins = SessionOrigins(sessions=MemorySessionStore(database), log=self.log)
        self.approvals = MemoryApprovalStore(database)
        self.questions = MemoryQuestionStore(database)
        self.write(*events)

    @property
    def session(self) -> Session:
        return self._row.session

    def write(self, *events: AgentEvent, task_id: str = "task_1", agent: str = "react") -> None:
        origin = Origin(
            session_key=self.key,
            session_id=SessionId("s"),
            task_id=TaskId(task_id),
            agent=AgentName(agent),
            attempt=1,
            lease_id=None,
        )
        encoded = [
            self._codec.encode(event, origin, at=self.at, tag=self._ids.tag()) for event in events
        ]
        self._row.append(encoded, at=self.at)

    def holds(self, task: Task) -> None:
        """Its task can be asked about."""
        self.database.tasks[task.task_id] = TaskRow(task=task)

    def messages(self, log: EventLog | None = None) -> SessionMessages:
        """Of this log, or of a wrapper of it."""
        return SessionMessages(log=log or self.log, codec=self._codec, origins=self._origins)

    def memory(self) -> SessionMemory:
        return SessionMemory(
            log=self.log,
            codec=self._codec,
            origins=self._origins,
            answers=PriorAnswers(approvals=self.approvals, questions=self.questions),
        )
