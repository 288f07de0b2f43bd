"""A coordinator that keeps tasks in a dict and runs none of them."""

from collections.abc import Sequence
from dataclasses import replace

from application.serving.server_coordinator import ServerCoordinator
from application.serving.submit_task import SubmitTask
from domain.agent_profile import AgentProfile
from domain.errors import (
    AgentNotFound,
    IdempotencyKeyReused,
    SessionBusy,
    StateConflict,
    TaskNotFound,
    UnknownAgent,
)
from domain.ids import AgentName, SessionId, SessionKey, Tag, TaskId
from domain.limits import Limits
from domain.principal import Principal
from domain.task import CancelIntent, Task, TaskResult, TaskStatus
from domain.task_events import CancelMode, CancelReason
from ports.event_log import StoredEvent
from ports.task_store import Cancellation, IdempotencyKey, Submission, TaskQuery
from tests.fakes import CountingIdSource, FakeClock

AGENTS = (
    AgentProfile(name=AgentName("react"), kind="react", description="Thinks and uses tools."),
    AgentProfile(name=AgentName("shell"), kind="shell", limits=Limits(timeout_s=60.0)),
)


class FakeCoordinator(ServerCoordinator):
    """Keeps tasks in a dict and carries none of them out; `end` is what a worker would do."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ids = CountingIdSource()
        self.tasks: dict[TaskId, Task] = {}
        self.keys: dict[str, tuple[str, TaskId]] = {}
        self.asked: list[SubmitTask] = []
        self.queries: list[TaskQuery] = []
        self.waited_s: list[float] = []
        self.ends_at_once = False
        self.error: Exception | None = None
        self.following_fails: Exception | None = None

    @property
    def is_accepting(self) -> bool:
        return True

    async def submit(
        self, principal: Principal, request: SubmitTask, *, reserve: bool = False
    ) -> Submission:
        self._fail()
        self.asked.append(request)
        if request.agent is not None and request.agent not in {agent.name for agent in AGENTS}:
            raise UnknownAgent("agent", f"no agent is named {request.agent!r}")
        if request.idempotency and (made := self.keys.get(request.idempotency.key)):
            if made[0] != request.idempotency.request_hash:
                raise IdempotencyKeyReused("the key was used before with another body")
            return Submission(task=self.tasks[made[1]], stored=(), is_repeat=True)
        task = self._new(principal, request)
        if request.on_busy == "reject" and self._is_busy(task.session_id):
            raise SessionBusy("the session has an unfinished task")
        self.tasks[task.task_id] = task
        if request.idempotency:
            self.keys[request.idempotency.key] = (request.idempotency.request_hash, task.task_id)
        return Submission(task=task, stored=(_stored(task),), is_repeat=False)

    async def cancel(
        self,
        principal: Principal,
        task_id: TaskId,
        *,
        mode: CancelMode = "graceful",
        reason: CancelReason = "user",
    ) -> Cancellation:
        task = await self.get_task(principal, task_id)
        if task.status.is_final:
            return Cancellation(task=task, stored=())
        intent = CancelIntent(mode=mode, reason=reason, by=principal.name)
        self.tasks[task_id] = replace(
            task, status=TaskStatus.CANCELLED, reason=reason, cancel=intent
        )
        return Cancellation(task=self.tasks[task_id], stored=(_stored(task),))

    async def retry(
        self, principal: Principal, task_id: TaskId, *, idempotency: IdempotencyKey | None = None
    ) -> Submission:
        old = await self.get_task(principal, task_id)
        if not old.status.is_final:
            raise StateConflict(f"the task is {old.status}")
        request = SubmitTask(
            text=old.text, session_id=old.session_id, retry_of=task_id, idempotency=idempotency
        )
        return await self.submit(principal, request)

    async def get_task(self, principal: Principal, task_id: TaskId) -> Task:
        self._fail()
        if task_id not in self.tasks:
            raise TaskNotFound(f"no task {task_id}")
        return self.tasks[task_id]

    async def list_tasks(self, principal: Principal, query: TaskQuery) -> Sequence[Task]:
        self._fail()
        self.queries.append(query)
        newest_first = list(reversed(self.tasks.values()))
        if query.before is not None:
            newest_first = [task for task in newest_first if task.task_id < query.before]
        return newest_first[: query.limit]

    async def finished(self, principal: Principal, task_id: TaskId, *, timeout_s: float) -> Task:
        if self.following_fails is not None:
            raise self.following_fails
        self.waited_s.append(timeout_s)
        if self.ends_at_once:
            self.end(task_id)
        return self.tasks[task_id]

    def profile(self, name: AgentName) -> AgentProfile:
        for profile in AGENTS:
            if profile.name == name:
                return profile
        raise AgentNotFound(f"no agent {name}")

    def end(self, task_id: TaskId) -> None:
        self.tasks[task_id] = replace(
            self.tasks[task_id],
            status=TaskStatus.COMPLETED,
            finished_at=self.clock.now(),
            result=TaskResult(final_answer="done"),
        )

    def _new(self, principal: Principal, request: SubmitTask) -> Task:
        return Task(
            task_id=self.ids.task_id(),
            session_key=SessionKey(1),
            session_id=request.session_id or self.ids.session_id(),
            principal=principal,
            agent=request.agent or AgentName("react"),
            text=request.text,
            status=TaskStatus.QUEUED,
            created_at=self.clock.now(),
            limits=request.limits,
            metadata=request.metadata,
            model=request.model,
            retry_of=request.retry_of,
        )

    def _is_busy(self, session_id: SessionId) -> bool:
        mine = [task for task in self.tasks.values() if task.session_id == session_id]
        return not all(task.status.is_final for task in mine)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


def _stored(task: Task) -> StoredEvent:
    return StoredEvent(
        seq=1,
        tag=Tag("00000001"),
        event_type="task_queued",
        task_id=task.task_id,
        agent=task.agent,
        body=b"{}",
    )
