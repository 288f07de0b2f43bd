"""Approvals and questions in memory, with the live tasks that opened them."""

from datetime import UTC, datetime

from adapters.memory.asking import MemoryApprovalStore, MemoryQuestionStore
from adapters.memory.database import MemoryDatabase, TaskRow
from adapters.memory.wakeups import MemoryWakeups
from application.asking.questions import OpenQuestions
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL, Principal
from domain.task import Task, TaskStatus
from ports.approval_store import NewApproval
from ports.session_store import SessionEdit
from tests.fakes import CountingIdSource, FakeClock
from tests.notifiers import notifier_without_watchers

REMOVE = ApprovalRequest(
    call_id="call_1", tool_name="shell", arguments={"command": "rm -r x"}, reason="it deletes"
)


class FakeApprovals:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ids = CountingIdSource()
        self._database = MemoryDatabase(self.clock)
        self.store = MemoryApprovalStore(self._database)
        self.question_store = MemoryQuestionStore(self._database)
        self.questions = OpenQuestions(
            store=self.question_store,
            wakeups=MemoryWakeups(),
            notifier=notifier_without_watchers(),
        )
        self.tasks: dict[TaskId, Task] = {}

    async def ask(
        self,
        *,
        principal: Principal = LOCAL,
        request: ApprovalRequest = REMOVE,
        decision: ApprovalDecision | None = None,
        mark: str = "f1",
    ) -> StoredApproval:
        return await self.store.open(
            NewApproval(
                approval_id=self.ids.approval_id(),
                task=self.live_task(principal),
                request=request,
                fingerprint=mark,
                for_s=900,
                decision=decision,
            )
        )

    def live_task(self, principal: Principal) -> Task:
        session = self._database.session(principal, SessionId("talk"))
        session = session or self._database.make_session(
            principal, SessionId("talk"), SessionEdit()
        )
        task = Task(
            task_id=TaskId(self.ids.task_id()),
            session_key=session.session.session_key,
            session_id=session.session.session_id,
            principal=principal,
            agent=AgentName("fake"),
            text="tidy up",
            status=TaskStatus.WAITING,
            created_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
        self._database.tasks[task.task_id] = TaskRow(task=task)
        self.tasks[task.task_id] = task
        return task
